package dev.fathom.engine.cuda.driver;

import dev.fathom.engine.DType;

/**
 * What a convolution is, apart from where its tensors lie: the key under which a driver caches its algorithm. Pictures
 * are NHWC ({@code CUDNN_TENSOR_NHWC}), weights OHWI ({@code CUDNN_TENSOR_NHWC} filters, "KRSC"), windows are not
 * turned around ({@code CUDNN_CROSS_CORRELATION}), dilation and groups are 1.
 *
 * @param pass which of the three products
 * @param type dtype of picture, weight, result, bias and residual; sums are float32, and TF32 is never used
 * @param n pictures
 * @param h rows of x
 * @param w columns of x
 * @param c channels of x
 * @param o channels of y
 * @param kernelH rows of the window
 * @param kernelW columns of the window
 * @param strideH rows between windows
 * @param strideW columns between windows
 * @param padH rows of zeros above and below
 * @param padW columns of zeros left and right
 */
public record ConvShape(Pass pass, DType type, int n, int h, int w, int c, int o, int kernelH, int kernelW,
                        int strideH, int strideW, int padH, int padW) {
    /** Which product of a convolution. */
    public enum Pass {
        /** y = act(conv(x, w) + bias + residual). */
        FORWARD,
        /** dx = the gradient of conv by its picture, for dy and w. */
        BACKWARD_DATA,
        /** dw = the gradient of conv by its weight, for x and dy. */
        BACKWARD_FILTER
    }

    /** Rows of y: floor((h + 2 padH - kernelH) / strideH) + 1. */
    public int outH() {
        return Math.floorDiv(h + 2 * padH - kernelH, strideH) + 1;
    }

    /** Columns of y. */
    public int outW() {
        return Math.floorDiv(w + 2 * padW - kernelW, strideW) + 1;
    }

    /** Elements of x [N,H,W,C]. */
    public long xElements() {
        return (long) n * h * w * c;
    }

    /** Elements of the weight [O,kh,kw,C]. */
    public long wElements() {
        return (long) o * kernelH * kernelW * c;
    }

    /** Elements of y [N,H',W',O]. */
    public long yElements() {
        return (long) n * outH() * outW() * o;
    }

    /** Multiply-adds of any of the three products. */
    public long macs() {
        return yElements() * kernelH * kernelW * c;
    }
}
