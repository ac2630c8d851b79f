package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.Shape;
import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * The axes of a dense result and how far apart in each source two entries of an axis are, with as few axes as possible:
 * those of extent 1 are dropped, and two neighbours become one where every source can be walked through both with one
 * step. What kernels have to count with is then mostly two or three axes.
 *
 * @param extents of the axes that are left, outermost first
 * @param steps for each source and each axis, in elements; 0 where a source is repeated
 */
public record JoinedAxes(int[] extents, long[][] steps) {
    /** Most elements of the result that one launch counts, as kernels have 31 bits; even, so that parts are aligned. */
    private static final long MOST = 1 << 30;

    /** Joins the axes of a result. */
    public static JoinedAxes of(Shape result, int[]... steps) {
        int[] extents = new int[result.rank()];
        long[][] joined = new long[steps.length][result.rank()];
        int n = 0;
        for (int axis = 0; axis < result.rank(); axis++) {
            int extent = result.dim(axis);
            if (extent == 1) {
                continue;
            }
            boolean joins = n > 0 && (long) extents[n - 1] * extent <= Integer.MAX_VALUE;
            for (int k = 0; joins && k < steps.length; k++) {
                joins = joined[k][n - 1] == (long) steps[k][axis] * extent;
            }
            if (joins) {
                extents[n - 1] *= extent;
            } else {
                extents[n++] = extent;
            }
            for (int k = 0; k < steps.length; k++) {
                joined[k][n - 1] = steps[k][axis];
            }
        }
        for (int k = 0; k < steps.length; k++) {
            joined[k] = Arrays.copyOf(joined[k], n);
        }
        return new JoinedAxes(Arrays.copyOf(extents, n), joined);
    }

    public int count() {
        return extents.length;
    }

    /** Elements of the result. */
    public long numel() {
        return product(0);
    }

    /** Product of the extents from an axis on. */
    public long product(int from) {
        long p = 1;
        for (int i = from; i < extents.length; i++) {
            p *= extents[i];
        }
        return p;
    }

    /** The extent of the axis {@code back} before the last; 1 if there is none. */
    public int extent(int back) {
        return back < extents.length ? extents[extents.length - 1 - back] : 1;
    }

    /** The step of a source on the axis {@code back} before the last; 0 if there is none. */
    public long step(int source, int back) {
        return back < extents.length ? steps[source][extents.length - 1 - back] : 0;
    }

    /** Whether source {@code k} is read from its first element to its last, as the result is written. */
    public boolean dense(int k) {
        return extents.length == 0 || extents.length == 1 && steps[k][0] == 1;
    }

    /**
     * Hands out parts of at most {@code axes} axes and of a size that a kernel can count, one after the other; in
     * almost every case the whole. With each part come the offsets, in elements, where it starts in the sources and, as
     * the last one, in the result.
     */
    public void parts(int axes, BiConsumer<JoinedAxes, long[]> part) {
        parts(axes, new long[steps.length + 1], part);
    }

    private void parts(int axes, long[] offsets, BiConsumer<JoinedAxes, long[]> part) {
        if (count() <= axes && numel() <= MOST) {
            part.accept(this, offsets);
            return;
        }
        long inner = product(1);
        boolean drop = count() > axes || inner > MOST;
        int length = drop ? 1 : (int) Math.max(1, MOST / inner);
        for (long from = 0; from < extents[0]; from += length) {
            long[] start = offsets.clone();
            for (int k = 0; k < steps.length; k++) {
                start[k] += from * steps[k][0];
            }
            start[steps.length] += from * inner;
            range((int) Math.min(length, extents[0] - from), drop).parts(axes, start, part);
        }
    }

    /** The first {@code length} entries of the outermost axis, or a single one without the axis. */
    private JoinedAxes range(int length, boolean drop) {
        if (drop) {
            long[][] rest = new long[steps.length][];
            for (int k = 0; k < rest.length; k++) {
                rest[k] = Arrays.copyOfRange(steps[k], 1, steps[k].length);
            }
            return new JoinedAxes(Arrays.copyOfRange(extents, 1, extents.length), rest);
        }
        int[] shorter = extents.clone();
        shorter[0] = length;
        return new JoinedAxes(shorter, steps);
    }
}
