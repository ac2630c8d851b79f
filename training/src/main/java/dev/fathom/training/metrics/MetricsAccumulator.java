package dev.fathom.training.metrics;

import java.util.EnumMap;
import java.util.Optional;

/**
 * {@link DepthMetrics} of many images: their mean, in which every image weighs the same however many pixels count in it,
 * and that over all pixels.
 *
 * <p>An image with fewer than 10 such pixels is left out and counted, as in the original trainer. Not thread-safe.
 */
public final class MetricsAccumulator {

    /** Images with fewer valid pixels are skipped. */
    public static final int MIN_PIXELS = 10;

    private final float minDepth;
    private final float maxDepth;
    private final EnumMap<DepthMetric, Double> perImage = new EnumMap<>(DepthMetric.class);
    private final DepthSums total = new DepthSums();
    private int images;
    private int skipped;
    private int nonFinite;

    /** Counts true depths in [minDepth, maxDepth], metres. */
    public MetricsAccumulator(float minDepth, float maxDepth) {
        this.minDepth = minDepth;
        this.maxDepth = maxDepth;
        for (DepthMetric metric : DepthMetric.values()) {
            perImage.put(metric, 0.0);
        }
    }

    /**
     * Adds one image.
     *
     * @param prediction [H,W], metres, at the truth's size
     * @param truth      [H,W], metres, 0 where there is none
     * @return this image's values; empty if it was skipped
     */
    public Optional<DepthMetrics> add(float[] prediction, float[] truth) {
        return add(DepthSums.of(prediction, truth, minDepth, maxDepth));
    }

    /** Adds the sums of one image. */
    public Optional<DepthMetrics> add(DepthSums sums) {
        if (sums.pixels() < MIN_PIXELS) {
            skipped++;
            return Optional.empty();
        }
        DepthMetrics image = sums.metrics();
        total.add(sums);
        perImage.replaceAll((metric, sum) -> sum + image.get(metric));
        images++;
        nonFinite += image.isFinite() ? 0 : 1;
        return Optional.of(image);
    }

    /** The mean over the images so far; all values NaN when there is none. */
    public DepthMetrics mean() {
        EnumMap<DepthMetric, Double> mean = new EnumMap<>(DepthMetric.class);
        perImage.forEach((metric, sum) -> mean.put(metric, sum / images));
        return new DepthMetrics(total.pixels(), mean);
    }

    /** The metrics over the pixels of all images that count, each pixel weighing the same. */
    public DepthMetrics overPixels() {
        return total.metrics();
    }

    /** Images that count. */
    public int images() {
        return images;
    }

    /** Images left out because fewer than {@link #MIN_PIXELS} of their pixels have a depth in range. */
    public int skipped() {
        return skipped;
    }

    /** Images that count and have an infinite or NaN value: some prediction was NaN or not positive. */
    public int nonFinite() {
        return nonFinite;
    }
}
