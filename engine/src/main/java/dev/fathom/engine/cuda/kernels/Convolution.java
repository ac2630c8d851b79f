package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.ConvShape.Pass;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.ConvGeometry;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Extents of a convolution between a picture [N,H,W,C] and a result [N,H',W',O], for kernels and for the library.
 *
 * @param type dtype of picture, weight and result
 */
record Convolution(DType type, int n, int h, int w, int c, int outH, int outW, int o, int kernelH, int kernelW,
                   ConvGeometry geometry) {
    /** Bytes of the kernels' Geometry: 12 ints. */
    private static final int GEOMETRY_BYTES = 48;

    /** From a tensor like the picture, the weight [O,kh,kw,C] and one like the result. */
    static Convolution of(Tensor x, Tensor weight, Tensor y, ConvGeometry geometry) {
        return new Convolution(x.dtype(), x.dim(0), x.dim(1), x.dim(2), x.dim(3), y.dim(1), y.dim(2), y.dim(3),
                weight.dim(1), weight.dim(2), geometry);
    }

    /** What windows.cuh calls Geometry. */
    MemorySegment struct() {
        return new Struct(GEOMETRY_BYTES).add(n).add(h).add(w).add(c).add(outH).add(outW).add(kernelH).add(kernelW)
                .add(geometry.strideH()).add(geometry.strideW()).add(geometry.padH()).add(geometry.padW()).bytes();
    }

    ConvShape shape(Pass pass) {
        return new ConvShape(pass, type, n, h, w, c, o, kernelH, kernelW, geometry.strideH(), geometry.strideW(),
                geometry.padH(), geometry.padW());
    }

    boolean half() {
        return type != DType.F32;
    }

    /** Elements of a window. */
    int depth() {
        return kernelH * kernelW * c;
    }

    /** Pixels of the picture. */
    int pixels() {
        return Math.toIntExact((long) n * h * w);
    }

    /** Pixels of the result. */
    int results() {
        return Math.toIntExact((long) n * outH * outW);
    }

    long macs() {
        return (long) results() * o * depth();
    }

    /** Whether a window is its pixel: the convolution is a product. */
    boolean pointwise() {
        return kernelH == 1 && kernelW == 1 && geometry.equals(ConvGeometry.square(1, 0));
    }

    /** Whether windows lie side by side and cover the picture: each pixel then belongs to one window. */
    boolean tiles() {
        return geometry.padH() == 0 && geometry.padW() == 0
                && geometry.strideH() == kernelH && geometry.strideW() == kernelW
                && h == outH * kernelH && w == outW * kernelW;
    }

    /** Whether the library takes tensors at these addresses on its fast paths: of halves, channels come in eights. */
    boolean fitsLibrary(long... addresses) {
        boolean fits = n > 0 && c > 0 && o > 0;
        for (long address : addresses) {
            fits &= !half() || address % 16 == 0;
        }
        return fits && (!half() || c % 8 == 0 && o % 8 == 0);
    }

    /**
     * Addresses of a forward pass.
     *
     * @param bias address of O float32 numbers, or 0
     * @param residual addresses of up to two tensors like y, or 0
     */
    record Places(long x, long weight, long bias, long residual, long residual2, long y) {
        /** Of an operation's arguments. */
        static Places of(Conv2d op, List<Tensor> in, long y) {
            int first = op.firstResidual();
            return new Places(in.get(0).address(), in.get(1).address(), op.bias() ? in.get(2).address() : 0,
                    op.residuals() > 0 ? in.get(first).address() : 0,
                    op.residuals() > 1 ? in.get(first + 1).address() : 0, y);
        }
    }
}
