package dev.fathom.training.data.doctor;

import java.util.Arrays;

/** Where depth jumps: cells of a {@link Grid} at the near side of a contour, over holes too. */
final class DepthEdges {
    /** Enough for a score; more are thinned out evenly. */
    static final int MOST = 800;
    /** Of neighbours that are farther apart than this factor one stands in front. */
    private static final float STEP = 1.1f;
    /** Cells of hole that a contour is looked for across: a Kinect's shadow, the gaps between laser points. */
    private static final int REACH = 6;
    /** 1/Z is linear along a plane, however steep: a contour is this much steeper than what is beside it. */
    private static final double STEEPER = 4;
    /** Known depths on either side that may be one stair. */
    private static final int STAIRS = 5;

    private final int[] packed;

    private DepthEdges(int[] packed) {
        this.packed = packed;
    }

    static DepthEdges of(Grid grid) {
        int[] found = new int[2 * grid.depth().length];
        int n = 0;
        for (int y = 0; y < grid.height(); y++) {
            n = line(grid, y * grid.width(), 1, grid.width(), found, n);
        }
        for (int x = 0; x < grid.width(); x++) {
            n = line(grid, x, grid.width(), grid.height(), found, n);
        }
        return new DepthEdges(thinned(Arrays.copyOf(found, n), MOST));
    }

    /** Looks along a row (step 1) or a column (step W): the depths that are known, one after another. */
    private static int line(Grid grid, int start, int step, int length, int[] found, int n) {
        int[] at = new int[length];
        float[] near = new float[length];
        int known = 0;
        for (int i = 0; i < length; i++) {
            float depth = grid.depth()[start + i * step];
            if (depth > 0) {
                at[known] = i;
                near[known++] = 1 / depth;
            }
        }
        for (int k = 1; k < known; k++) {
            float a = near[k - 1];
            float b = near[k];
            if (at[k] - at[k - 1] > REACH || a <= STEP * b && b <= STEP * a) {
                continue;
            }
            if (isContour(near, at, known, k)) {
                int cell = start + at[b > a ? k : k - 1] * step;
                found[n++] = pack(cell % grid.width(), cell / grid.width(), step == 1);
            }
        }
        return n;
    }

    /**
     * Whether the step from the depth before is much steeper than those beside it. Steps a little farther away count
     * where they go the same way: a map that was enlarged climbs a slope in stairs.
     */
    private static boolean isContour(float[] near, int[] at, int known, int k) {
        double step = slope(near, at, k);
        double beside = 0;
        for (int i = Math.max(1, k - STAIRS); i <= Math.min(known - 1, k + STAIRS); i++) {
            double other = slope(near, at, i);
            if (i != k && (Math.abs(i - k) == 1 || other * step > 0)) {
                beside = Math.max(beside, Math.abs(other));
            }
        }
        return Math.abs(step) > STEEPER * beside;
    }

    private static double slope(float[] near, int[] at, int k) {
        return (near[k] - near[k - 1]) / (at[k] - at[k - 1]);
    }

    private static int pack(int x, int y, boolean upright) {
        return x << 1 | (upright ? 1 : 0) | y << 16;
    }

    private static int[] thinned(int[] all, int most) {
        int[] kept = new int[Math.min(all.length, most)];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = all[(int) ((long) i * all.length / kept.length)];
        }
        return kept;
    }

    int size() {
        return packed.length;
    }

    int x(int i) {
        return (packed[i] & 0xFFFF) >> 1;
    }

    int y(int i) {
        return packed[i] >>> 16;
    }

    /** Whether depth jumps from left to right here, not from top to bottom. */
    boolean upright(int i) {
        return (packed[i] & 1) == 1;
    }

    /** At most {@code most} of them in a map of a quarter of the sides. */
    DepthEdges quarter(int most) {
        int[] kept = thinned(packed, most);
        for (int i = 0; i < kept.length; i++) {
            kept[i] = pack((kept[i] & 0xFFFF) >> 3, (kept[i] >>> 16) >> 2, (kept[i] & 1) == 1);
        }
        return new DepthEdges(kept);
    }

    /** The same, mirrored in a map of this size. */
    DepthEdges mirrored(int width, int height, boolean leftRight, boolean upDown) {
        int[] turned = new int[packed.length];
        for (int i = 0; i < turned.length; i++) {
            turned[i] = pack(leftRight ? width - 1 - x(i) : x(i), upDown ? height - 1 - y(i) : y(i), upright(i));
        }
        return new DepthEdges(turned);
    }
}
