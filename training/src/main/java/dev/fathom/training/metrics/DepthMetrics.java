package dev.fathom.training.metrics;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The value of every {@link DepthMetric}, of one image or as the mean over images. Sums run in double.
 */
public final class DepthMetrics {

    private static final double[] DELTA = {1.25, 1.25 * 1.25, 1.25 * 1.25 * 1.25};

    private final long pixels;
    private final EnumMap<DepthMetric, Double> values;

    DepthMetrics(long pixels, EnumMap<DepthMetric, Double> values) {
        this.pixels = pixels;
        this.values = values;
    }

    /**
     * Compares a prediction with the truth where the truth is in range.
     *
     * <p>A prediction that is not positive has no logarithm: the measures that need one then come out infinite or NaN,
     * as in the original.
     *
     * @param prediction [H,W], metres
     * @param truth      [H,W], metres; pixels with truth &lt;= 0, below {@code min} or above {@code max} do not count
     * @param min        metres, inclusive
     * @param max        metres, inclusive
     * @return all values NaN if no pixel counts
     */
    public static DepthMetrics of(float[] prediction, float[] truth, float min, float max) {
        if (prediction.length != truth.length) {
            throw new IllegalArgumentException(prediction.length + " predicted depths for " + truth.length
                    + " true ones");
        }
        long n = 0;
        long[] close = new long[3];
        double absRel = 0;
        double sqRel = 0;
        double squares = 0;
        double absolute = 0;
        double logs = 0;
        double logSquares = 0;
        double logAbsolute = 0;
        for (int i = 0; i < truth.length; i++) {
            if (!counts(truth[i], min, max)) {
                continue;
            }
            double p = prediction[i];
            double t = truth[i];
            double ratio = Math.max(t / p, p / t);
            for (int k = 0; k < 3; k++) {
                close[k] += ratio < DELTA[k] ? 1 : 0;
            }
            double difference = p - t;
            absRel += Math.abs(difference) / t;
            sqRel += difference * difference / t;
            squares += difference * difference;
            absolute += Math.abs(difference);
            double log = Math.log(p) - Math.log(t);
            logs += log;
            logSquares += log * log;
            logAbsolute += Math.abs(log);
            n++;
        }
        EnumMap<DepthMetric, Double> values = new EnumMap<>(DepthMetric.class);
        values.put(DepthMetric.D1, close[0] / (double) n);
        values.put(DepthMetric.D2, close[1] / (double) n);
        values.put(DepthMetric.D3, close[2] / (double) n);
        values.put(DepthMetric.ABS_REL, absRel / n);
        values.put(DepthMetric.SQ_REL, sqRel / n);
        values.put(DepthMetric.RMSE, Math.sqrt(squares / n));
        values.put(DepthMetric.RMSE_LOG, Math.sqrt(logSquares / n));
        values.put(DepthMetric.LOG10, logAbsolute / n / Math.log(10));
        values.put(DepthMetric.SILOG, Math.sqrt(logSquares / n - 0.5 * (logs / n) * (logs / n)));
        values.put(DepthMetric.MAE, absolute / n);
        return new DepthMetrics(n, values);
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
