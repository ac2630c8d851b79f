package dev.fathom.tools.events;

/**
 * The ranges that TensorBoard's histograms usually have: limits 10^-12, 1.1 times as much, and so on below 10^20, the
 * same below zero, and zero. Bucket i holds x with limit(i - 1) &lt;= x &lt; limit(i).
 */
final class ExponentialBuckets {
    private static final double SMALLEST = 1e-12;
    private static final double LARGEST = 1e20;
    private static final double GROWTH = 1.1;
    /** A cell has one sign, one exponent and four bits of the significand: it spans less than two limits. */
    private static final int CELL_SHIFT = 19;

    /** Positive limits. */
    private static final double[] ABOVE = above();
    /** All limits: -MAX, the negative ones, 0, the positive ones, MAX. */
    private static final double[] LIMITS = limits();
    /** By cell of the magnitude: how many positive limits lie below the cell. */
    private static final short[] BELOW_CELL = belowCell();

    private ExponentialBuckets() {
    }

    private static double[] above() {
        int n = 0;
        for (double v = SMALLEST; v < LARGEST; v *= GROWTH) {
            n++;
        }
        double[] limits = new double[n];
        double v = SMALLEST;
        for (int i = 0; i < n; i++) {
            limits[i] = v;
            v *= GROWTH;
        }
        return limits;
    }

    private static double[] limits() {
        int n = ABOVE.length;
        double[] limits = new double[2 * n + 3];
        limits[0] = -Double.MAX_VALUE;
        for (int i = 0; i < n; i++) {
            limits[n - i] = -ABOVE[i];
            limits[n + 2 + i] = ABOVE[i];
        }
        limits[2 * n + 2] = Double.MAX_VALUE;
        return limits;
    }

    private static short[] belowCell() {
        short[] below = new short[1 << 31 - CELL_SHIFT];
        int count = 0;
        for (int cell = 0; cell < below.length; cell++) {
            float least = Float.intBitsToFloat(cell << CELL_SHIFT);
            while (count < ABOVE.length && ABOVE[count] < least) {
                count++;
            }
            below[cell] = (short) count;
        }
        return below;
    }

    /** How many buckets there are. */
    static int count() {
        return LIMITS.length;
    }

    /** The upper end of a bucket. */
    static double limit(int bucket) {
        return LIMITS[bucket];
    }

    /** The bucket of a finite number. */
    static int of(float x) {
        int bits = Float.floatToRawIntBits(x);
        int n = ABOVE.length;
        int limits = BELOW_CELL[(bits & 0x7FFFFFFF) >>> CELL_SHIFT];
        if (bits >= 0) {
            // The first limit above x: one of the cell, if there is one and x has reached it, is not.
            return n + 2 + limits + (limits < n && ABOVE[limits] <= x ? 1 : 0);
        }
        // -0 lies with 0. Below zero the limits mirror, but their lower ends still belong to them.
        return x == 0 ? n + 2 : n + 1 - limits - (limits < n && ABOVE[limits] < -x ? 1 : 0);
    }
}
