package dev.fathom.training.metrics;

import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * The constant depth that scores best on a set by abs_rel, and how it scores: what a model must beat to have learnt
 * anything from the pictures.
 *
 * <p>abs_rel of a constant c is the sum over pixels of w |c - t| with w = 1 / (t * valid pixels of the image *
 * images), so the best c is the weighted median of all true depths: exact, not searched for. Positive floats are
 * ordered like their bits, so the median is found by two counting passes, upper 16 bits then lower, without ever
 * holding all pixels.
 *
 * @param metres  the constant
 * @param metrics its scores
 */
public record BestConstant(float metres, DepthMetrics metrics) {

    /**
     * Finds it in three passes over the set.
     *
     * @param images   how many images
     * @param truths   the true depth [H,W] of an image, metres; called three times for each
     * @param minDepth metres; depths in [minDepth, maxDepth] count
     * @param maxDepth metres
     * @throws IllegalArgumentException if no image has enough valid pixels
     */
    public static BestConstant of(int images, IntFunction<float[]> truths, float minDepth, float maxDepth) {
        double[] upper = new double[1 << 16];
        weigh(images, truths, minDepth, maxDepth, upper, -1);
        double total = 0;
        for (double weight : upper) {
            total += weight;
        }
        if (total == 0) {
            throw new IllegalArgumentException("no image has " + MetricsAccumulator.MIN_PIXELS + " valid depths");
        }
        double below = 0;
        int high = 0;
        while (below + upper[high] < total / 2) {
            below += upper[high++];
        }
        double[] lower = new double[1 << 16];
        weigh(images, truths, minDepth, maxDepth, lower, high);
        int low = 0;
        int last = 0;
        for (; low < lower.length; low++) {
            if (lower[low] > 0) {
                last = low;
                below += lower[low];
                if (below >= total / 2) {
                    break;
                }
            }
        }
        // `last`, not `low`: rounding may leave the sum of the pieces a hair below that of the whole.
        float constant = Float.intBitsToFloat(high << 16 | last);
        return new BestConstant(constant, score(constant, images, truths, minDepth, maxDepth));
    }

    /**
     * Adds the weights of all counting pixels, by the upper half of their bits, or by the lower within one upper
     * half.
     */
    private static void weigh(int images, IntFunction<float[]> truths, float min, float max, double[] weights,
            int high) {
        for (int image = 0; image < images; image++) {
            float[] truth = truths.apply(image);
            int valid = 0;
            for (float t : truth) {
                valid += DepthMetrics.counts(t, min, max) ? 1 : 0;
            }
            if (valid < MetricsAccumulator.MIN_PIXELS) {
                continue;
            }
            for (float t : truth) {
                if (!DepthMetrics.counts(t, min, max)) {
                    continue;
                }
                int bits = Float.floatToRawIntBits(t);
                if (high < 0) {
                    weights[bits >>> 16] += 1.0 / ((double) t * valid);
                } else if (bits >>> 16 == high) {
                    weights[bits & 0xFFFF] += 1.0 / ((double) t * valid);
                }
            }
        }
    }

    private static DepthMetrics score(float constant, int images, IntFunction<float[]> truths, float min, float max) {
        MetricsAccumulator scores = new MetricsAccumulator(min, max);
        for (int image = 0; image < images; image++) {
            float[] truth = truths.apply(image);
            float[] prediction = new float[truth.length];
            Arrays.fill(prediction, constant);
            scores.add(prediction, truth);
        }
        return scores.mean();
    }
}
