package dev.fathom.engine;

/**
 * What is known of a tensor before it has bytes: the dispatcher asks an operation for the specs of its outputs, then
 * allocates them.
 */
public record TensorSpec(Shape shape, DType dtype) {
    public static TensorSpec of(Tensor t) {
        return new TensorSpec(t.shape(), t.dtype());
    }

    public int dim(int axis) {
        return shape.dim(axis);
    }

    public int rank() {
        return shape.rank();
    }

    /** Size of such a tensor in bytes. */
    public long bytes() {
        return shape.numel() * dtype.bytes();
    }

    @Override
    public String toString() {
        return dtype.toString() + shape;
    }
}
