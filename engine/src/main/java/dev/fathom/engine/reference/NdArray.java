package dev.fathom.engine.reference;

import dev.fathom.engine.Shape;

/**
 * A float64 array with a shape: what reference loops read and write. Masks and integers appear as their values.
 *
 * @param shape extents, row-major
 * @param data all elements
 */
public record NdArray(Shape shape, double[] data) {
    public static NdArray zeros(Shape shape) {
        return new NdArray(shape, new double[Math.toIntExact(shape.numel())]);
    }

    public int dim(int axis) {
        return shape.dim(axis);
    }

    /** Flat index of a position of a rank-4 array. */
    public int at(int a, int b, int c, int d) {
        return ((a * shape.dim(1) + b) * shape.dim(2) + c) * shape.dim(3) + d;
    }

    /** Flat index of a position of a rank-3 array. */
    public int at(int a, int b, int c) {
        return (a * shape.dim(1) + b) * shape.dim(2) + c;
    }
}
