package dev.fathom.engine;

import dev.fathom.engine.errors.ShapeException;
import java.util.Arrays;

/**
 * The extents of a tensor, outermost first. Immutable. A rank of 0 is a scalar with one element; an extent of 0 is
 * legal and means no elements.
 */
public final class Shape {
    /** The shape of a single number. */
    public static final Shape SCALAR = new Shape(new int[0]);

    private final int[] dims;
    private final long numel;

    private Shape(int[] dims) {
        long product = 1;
        for (int d : dims) {
            if (d < 0) {
                throw new ShapeException("shape " + Arrays.toString(dims) + " has a negative extent");
            }
            product = Math.multiplyExact(product, (long) d);
        }
        this.dims = dims;
        this.numel = product;
    }

    public static Shape of(int... dims) {
        return dims.length == 0 ? SCALAR : new Shape(dims.clone());
    }

    public int rank() {
        return dims.length;
    }

    /** Extent of an axis; negative axes count from the end (-1 is the last). */
    public int dim(int axis) {
        return dims[axis(axis)];
    }

    /** The axis as a number in [0, rank), from one that may be negative. */
    public int axis(int axis) {
        int a = axis < 0 ? axis + dims.length : axis;
        if (a < 0 || a >= dims.length) {
            throw new ShapeException("axis " + axis + " is out of range for shape " + this);
        }
        return a;
    }

    /** Number of elements: the product of all extents. */
    public long numel() {
        return numel;
    }

    public int[] toArray() {
        return dims.clone();
    }

    /** Product of the extents of axes [from, to). */
    public long product(int from, int to) {
        long p = 1;
        for (int i = from; i < to; i++) {
            p *= dims[i];
        }
        return p;
    }

    /** This shape with one extent replaced. */
    public Shape with(int axis, int extent) {
        int[] d = dims.clone();
        d[axis(axis)] = extent;
        return new Shape(d);
    }

    /** The leading {@code count} extents followed by {@code tail}. */
    public Shape leading(int count, int... tail) {
        int[] d = Arrays.copyOf(dims, count + tail.length);
        System.arraycopy(tail, 0, d, count, tail.length);
        return new Shape(d);
    }

    /**
     * NumPy's broadcasting: aligned at the last axis, equal extents or 1.
     *
     * @throws ShapeException if the two do not broadcast; {@code op} names the caller in the message
     */
    public static Shape broadcast(String op, Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] d = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i <= a.rank() ? a.dim(-i) : 1;
            int y = i <= b.rank() ? b.dim(-i) : 1;
            if (x != y && x != 1 && y != 1) {
                throw new ShapeException(op + ": shapes " + a + " and " + b + " do not broadcast, axis " + (rank - i)
                        + " has " + x + " against " + y);
            }
            d[rank - i] = x == 1 ? y : x;
        }
        return new Shape(d);
    }

    /** Resolves one extent of -1 in {@code wanted} so that the element count stays the same. */
    public Shape reshaped(int... wanted) {
        int[] d = wanted.clone();
        int free = -1;
        long known = 1;
        for (int i = 0; i < d.length; i++) {
            if (d[i] == -1) {
                if (free >= 0) {
                    throw new ShapeException("reshape of " + this + " to " + Arrays.toString(wanted)
                            + ": only one extent may be -1");
                }
                free = i;
            } else {
                known *= d[i];
            }
        }
        if (free >= 0) {
            if (known == 0 || numel % known != 0) {
                throw new ShapeException("reshape of " + this + " to " + Arrays.toString(wanted) + ": " + numel
                        + " elements do not divide by " + known);
            }
            d[free] = Math.toIntExact(numel / known);
        }
        Shape result = new Shape(d);
        if (result.numel != numel) {
            throw new ShapeException("reshape of " + this + " (" + numel + " elements) to " + Arrays.toString(wanted)
                    + " ("
                    + result.numel + " elements)");
        }
        return result;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Shape s && Arrays.equals(dims, s.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
