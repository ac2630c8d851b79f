package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.ShapeException;

/**
 * How a convolution's window moves.
 *
 * @param strideH rows between windows, {@code strideW} columns
 * @param padH rows of zeros above and below, {@code padW} columns left and right
 */
public record ConvGeometry(int strideH, int strideW, int padH, int padW) {
    public ConvGeometry {
        if (strideH < 1 || strideW < 1 || padH < 0 || padW < 0) {
            throw new ShapeException("conv2d: strides must be at least 1 and paddings at least 0, got strides "
                    + strideH + ", " + strideW
                    + " and paddings " + padH + ", " + padW);
        }
    }

    /** The same on both axes. */
    public static ConvGeometry square(int stride, int padding) {
        return new ConvGeometry(stride, stride, padding, padding);
    }

    /**
     * [N,H',W',O] for a picture [N,H,W,I] and a weight [O,kh,kw,I], with H' = floor((H + 2 padH - kh) / strideH) + 1.
     *
     * @throws ShapeException if the window is larger than the padded picture; {@code op} begins the message
     */
    Shape output(String op, Shape x, Shape weight) {
        int h = x.dim(1) + 2 * padH - weight.dim(1);
        int w = x.dim(2) + 2 * padW - weight.dim(2);
        if (h < 0 || w < 0) {
            throw new ShapeException(op + ": the window " + weight.dim(1) + "x" + weight.dim(2) + " of weight" + weight
                    + " is larger than x" + x + " with padding " + padH + ", " + padW);
        }
        return Shape.of(x.dim(0), h / strideH + 1, w / strideW + 1, weight.dim(0));
    }
}
