package dev.fathom.training.data.doctor;

import java.util.Arrays;

/**
 * What the depths of a frame are like; all lengths in metres as the data set says them.
 *
 * @param valid how many pixels have a depth
 * @param share of all pixels that have one
 * @param nearest the least depth; this and all that follow are 0 for a map without depth
 * @param low the 5th of a hundred
 * @param median the 50th
 * @param high the 95th
 * @param farthest the greatest depth
 * @param commonest the value that most pixels have
 * @param commonShare share of the valid pixels that have it
 * @param gap factor between the commonest and the depth that is nearest to it; infinite where there is no other
 * @param levels how many different values there are, counted up to 20000 pixels spread over the map
 * @param eightBit whether every value is a multiple of one step and none is above 255 of them
 * @param run mean number of valid pixels beside each other in a row: long for cameras, short for lasers
 * @param trend natural logarithm of the median of the lowest third of the rows over that of the rest: below 0 where the
 *     ground is near; NaN where either has few depths
 */
public record DepthFacts(int valid, double share, float nearest, float low, float median, float high, float farthest,
        float commonest, double commonShare, double gap, int levels, boolean eightBit,
        double run, double trend) {
    /** Values looked at for quantiles. */
    private static final int SORTED = 20_000;
    private static final int FEWEST = 50;

    static DepthFacts of(float[] depth, int width) {
        int height = depth.length / width;
        float[] values = values(depth, 0, depth.length);
        int valid = 0;
        int runs = 0;
        float nearest = Float.MAX_VALUE;
        float farthest = 0;
        for (int i = 0; i < depth.length; i++) {
            float d = depth[i];
            if (d > 0) {
                valid++;
                runs += i % width == 0 || !(depth[i - 1] > 0) ? 1 : 0;
                nearest = Math.min(nearest, d);
                farthest = Math.max(farthest, d);
            }
        }
        if (valid == 0) {
            return new DepthFacts(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, false, 0, Double.NaN);
        }
        int run = 0;
        int longest = 0;
        int levels = 0;
        float common = 0;
        for (int i = 0; i < values.length; i++) {
            run = i > 0 && values[i] == values[i - 1] ? run + 1 : 1;
            levels += run == 1 ? 1 : 0;
            if (run > longest) {
                longest = run;
                common = values[i];
            }
        }
        int split = height * 2 / 3 * width;
        return new DepthFacts(valid, valid / (double) depth.length, nearest, at(values, 0.05), at(values, 0.5),
                at(values, 0.95), farthest, common, longest / (double) values.length, gap(values, common), levels,
                eightBit(values, levels), valid / (double) runs, trend(values(depth, 0, split), values(depth, split,
                depth.length)));
    }

    private static double gap(float[] sorted, float value) {
        double gap = Double.POSITIVE_INFINITY;
        for (float v : sorted) {
            gap = v == value ? gap : Math.min(gap, Math.max(v / value, value / v));
        }
        return gap;
    }

    private static boolean eightBit(float[] sorted, int levels) {
        if (levels < FEWEST / 2 || levels > 256) {
            return false;
        }
        float step = Float.MAX_VALUE;
        for (int i = 1; i < sorted.length; i++) {
            step = sorted[i] > sorted[i - 1] ? Math.min(step, sorted[i] - sorted[i - 1]) : step;
        }
        for (float value : sorted) {
            double steps = value / step;
            if (Math.abs(steps - Math.rint(steps)) > 0.02 || steps > 255.5) {
                return false;
            }
        }
        return true;
    }

    private static double trend(float[] above, float[] below) {
        return Math.min(above.length, below.length) < FEWEST ? Double.NaN
                : Math.log(at(below, 0.5) / at(above, 0.5));
    }

    /** Depths of [from, to), ascending; of many a sample spread over all of them. */
    private static float[] values(float[] depth, int from, int to) {
        int valid = 0;
        for (int i = from; i < to; i++) {
            valid += depth[i] > 0 ? 1 : 0;
        }
        // Every valid pixel has a number; one is taken where the number times SORTED / valid passes a whole number.
        int taken = Math.min(valid, SORTED);
        float[] values = new float[taken];
        int n = 0;
        long number = 0;
        for (int i = from; i < to && n < taken; i++) {
            if (depth[i] > 0 && number++ * taken / valid >= n) {
                values[n++] = depth[i];
            }
        }
        Arrays.sort(values);
        return values;
    }

    static float at(float[] sorted, double share) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)];
    }
}
