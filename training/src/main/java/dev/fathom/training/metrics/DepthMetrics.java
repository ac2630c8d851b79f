package dev.fathom.training.metrics;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The value of every {@link DepthMetric}, of one image, as the mean over images, or over the
 * pixels of many.
 */
public final class DepthMetrics {

    private final long pixels;
    private final EnumMap<DepthMetric, Double> values;

    DepthMetrics(long pixels, EnumMap<DepthMetric, Double> values) {
        this.pixels = pixels;
        this.values = values;
    }

    /**
     * Compares a prediction with the truth where the truth is in range.
     *
     * @param prediction [H,W], metres
     * @param truth      [H,W], metres; pixels with truth &lt;= 0, below {@code min} or above {@code max} do not count
     * @param min        metres, inclusive
     * @param max        metres, inclusive
     * @return all values NaN if no pixel counts
     */
    public static DepthMetrics of(float[] prediction, float[] truth, float min, float max) {
        return DepthSums.of(prediction, truth, min, max).metrics();
    }

    /** The mean over images, each weighing the same; all values NaN when there is none. */
    public static DepthMetrics mean(List<DepthMetrics> images) {
        EnumMap<DepthMetric, Double> mean = new EnumMap<>(DepthMetric.class);
        for (DepthMetric metric : DepthMetric.values()) {
            double sum = 0;
            for (DepthMetrics image : images) {
                sum += image.get(metric);
            }
            mean.put(metric, sum / images.size());
        }
        return new DepthMetrics(images.stream().mapToLong(DepthMetrics::pixels).sum(), mean);
    }

    /** Whether a true depth takes part: measured, and within [min, max]. */
    static boolean counts(float truth, float min, float max) {
        return truth > 0 && truth >= min && truth <= max;
    }

    /** How many of these true depths would take part. */
    public static int validPixels(float[] truth, float min, float max) {
        int valid = 0;
        for (float t : truth) {
            valid += counts(t, min, max) ? 1 : 0;
        }
        return valid;
    }

    /** How many pixels took part: of this image, or of all images together. */
    public long pixels() {
        return pixels;
    }

    /** One value. */
    public double get(DepthMetric metric) {
        return values.get(metric);
    }

    /** Whether every value is a finite number. */
    public boolean isFinite() {
        return values.values().stream().allMatch(Double::isFinite);
    }

    /** All values by key, in the order of {@link DepthMetric}: for JSON and tables. */
    public Map<String, Double> toMap() {
        Map<String, Double> map = new LinkedHashMap<>();
        values.forEach((metric, value) -> map.put(metric.key(), value));
        return map;
    }

    @Override
    public String toString() {
        return toMap().toString();
    }
}
