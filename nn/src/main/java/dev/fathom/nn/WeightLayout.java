package dev.fathom.nn;

import dev.fathom.engine.Shape;

/**
 * How a weight of a PyTorch checkpoint is laid out in the engine. Pictures are channels-last here, so convolution
 * weights are permuted once when they are loaded, and back when they are saved; everything else is kept as it is.
 */
public enum WeightLayout {
    /** The same in both. */
    PLAIN,
    /** Convolution: PyTorch [O,I,kh,kw], engine [O,kh,kw,I]. */
    CONV,
    /** Transposed convolution: PyTorch [I,O,kh,kw], engine [I,kh,kw,O]. */
    CONV_TRANSPOSE;

    /** For engine axis i, the PyTorch axis that it comes from; null where nothing moves. */
    int[] axes() {
        return switch (this) {
            case PLAIN -> null;
            case CONV, CONV_TRANSPOSE -> new int[] {0, 2, 3, 1};
        };
    }

    /** The engine's shape of a weight with this shape in PyTorch. */
    public Shape engineShape(Shape torch) {
        int[] axes = axes();
        if (axes == null) {
            return torch;
        }
        int[] dims = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
            dims[i] = torch.dim(axes[i]);
        }
        return Shape.of(dims);
    }

    /** The flat index in the engine's order for each element in PyTorch's order, first to last, as a visitor. */
    void visit(Shape torch, IndexPair pair) {
        int[] axes = axes();
        if (axes == null) {
            for (long i = 0; i < torch.numel(); i++) {
                pair.visit(i, i);
            }
            return;
        }
        Shape engine = engineShape(torch);
        long[] engineStride = new long[4];
        long stride = 1;
        for (int i = 3; i >= 0; i--) {
            engineStride[axes[i]] = stride;
            stride *= engine.dim(i);
        }
        long flat = 0;
        for (int a = 0; a < torch.dim(0); a++) {
            for (int b = 0; b < torch.dim(1); b++) {
                for (int c = 0; c < torch.dim(2); c++) {
                    long at = a * engineStride[0] + b * engineStride[1] + c * engineStride[2];
                    for (int d = 0; d < torch.dim(3); d++) {
                        pair.visit(flat++, at + d * engineStride[3]);
                    }
                }
            }
        }
    }

    /** Called with an element's place in either order. */
    @FunctionalInterface
    interface IndexPair {
        void visit(long torch, long engine);
    }
}
