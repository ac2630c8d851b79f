package dev.fathom.tools.tiles;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How well neighbouring tiles agree where they overlap.
 *
 * <p>Of each two tiles side by side or one above the other: the mean of the absolute difference of their values over
 * every fourth pixel, in both directions, of the area that both cover. The figure is the mean over all such pairs, in
 * parts of the range (greatest less least value) of all tiles' values; once of the values as the network gave them, and
 * once after each tile was aligned. What is blended is the second; blending then hides most of it, but a tile cannot be
 * right where its neighbour says otherwise.
 */
public final class Seams {
    /** Every so manieth pixel is looked at. */
    private static final int STEP = 4;

    /**
     * The figures, in parts of the range.
     *
     * @param before of the network's values
     * @param after  of the aligned values
     * @param worst  of the aligned values, of the pair that agrees least
     * @param pairs  how many pairs there were
     */
    public record Figures(double before, double after, double worst, int pairs) {
        /** For people. */
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "seams %.2f %% of the range (before alignment %.2f %%, worst pair"
                    + " %.2f %%)",
                    100 * after, 100 * before, 100 * worst);
        }
    }

    /** The looked-at pixels of one tile, by their place in the photo. */
    private record Sample(int left, int top, int right, int bottom, float[] raw, float[] aligned) {
        /** Looked-at columns: those from left to right that are multiples of the step. */
        private int columns() {
            return steps(right) - steps(left);
        }

        private int index(int x, int y) {
            return (y / STEP - steps(top)) * columns() + x / STEP - steps(left);
        }
    }

    private final Map<Integer, Sample> above = new HashMap<>();
    private Sample before;
    private float lowRaw = Float.POSITIVE_INFINITY;
    private float highRaw = Float.NEGATIVE_INFINITY;
    private float low = Float.POSITIVE_INFINITY;
    private float high = Float.NEGATIVE_INFINITY;
    private double sumRaw;
    private double sum;
    private double worst;
    private int pairs;

    /**
     * The next tile, row after row from the left.
     *
     * @param raw     the network's values, [height,width]; {@code aligned} what becomes of them
     */
    public void add(int column, int left, int top, int width, int height, float[] raw, float[] aligned) {
        Sample all = sample(left, top, width, height, raw, aligned);
        if (column == 0) {
            before = null;
        }
        compare(before, all);
        compare(above.get(column), all);
        before = all;
        above.put(column, all);
    }

    /** How many looked-at pixels lie before {@code end}; times the step, the first one from there on. */
    private static int steps(int end) {
        return (end + STEP - 1) / STEP;
    }

    private Sample sample(int left, int top, int width, int height, float[] raw, float[] aligned) {
        Sample tile = new Sample(left, top, left + width, top + height, null, null);
        int rows = steps(top + height) - steps(top);
        float[] first = new float[rows * tile.columns()];
        float[] second = new float[first.length];
        for (int y = STEP * steps(top); y < tile.bottom; y += STEP) {
            for (int x = STEP * steps(left); x < tile.right; x += STEP) {
                int from = (y - top) * width + x - left;
                int to = tile.index(x, y);
                first[to] = raw[from];
                second[to] = aligned[from];
                lowRaw = Math.min(lowRaw, raw[from]);
                highRaw = Math.max(highRaw, raw[from]);
                low = Math.min(low, aligned[from]);
                high = Math.max(high, aligned[from]);
            }
        }
        return new Sample(left, top, tile.right, tile.bottom, first, second);
    }

    private void compare(Sample a, Sample b) {
        if (a == null) {
            return;
        }
        double differenceRaw = 0;
        double difference = 0;
        int count = 0;
        int top = Math.max(a.top, b.top);
        int left = Math.max(a.left, b.left);
        for (int y = STEP * steps(top); y < Math.min(a.bottom, b.bottom); y += STEP) {
            for (int x = STEP * steps(left); x < Math.min(a.right, b.right); x += STEP) {
                differenceRaw += Math.abs((double) a.raw[a.index(x, y)] - b.raw[b.index(x, y)]);
                difference += Math.abs((double) a.aligned[a.index(x, y)] - b.aligned[b.index(x, y)]);
                count++;
            }
        }
        if (count > 0) {
            pairs++;
            sumRaw += differenceRaw / count;
            sum += difference / count;
            worst = Math.max(worst, difference / count);
        }
    }

    /** What was found; all 0 where no two tiles overlap or all values are the same. */
    public Figures figures() {
        return new Figures(share(sumRaw / pairs, highRaw - lowRaw), share(sum / pairs, high - low),
                share(worst, high - low), pairs);
    }

    private static double share(double difference, double range) {
        return range > 0 && difference > 0 ? difference / range : 0;
    }
}
