package dev.fathom.training.metrics;

import java.util.EnumMap;

/**
 * What every {@link DepthMetric} is made of: sums over pixels, in double. Sums of images can be added, and the metrics
 * of the total are those of all their pixels together.
 *
 * <p>A prediction that is not positive has no logarithm: the measures that need one then come out infinite or NaN, as in
 * the originals. Not thread-safe.
 */
public final class DepthSums {
    private static final double[] DELTA = {1.25, 1.25 * 1.25, 1.25 * 1.25 * 1.25};
    /** KITTI counts inverse depth in 1/km. */
    private static final double KILOMETRE = 1000;

    private long pixels;
    private final long[] close = new long[3];
    private double absRel;
    private double sqRel;
    private double squares;
    private double absolute;
    private double logs;
    private double logSquares;
    private double logAbsolute;
    private double inverseSquares;
    /** Of p (p - t) and p^2: how much a common scale explains. */
    private double byPrediction;
    private double predictionSquares;

    /** No pixel yet. */
    public DepthSums() {
    }

    /**
     * The sums of one image.
     *
     * @param prediction [H,W], metres
     * @param truth      [H,W], metres; pixels with truth &lt;= 0, below {@code min} or above {@code max} do not count
     * @param min        metres, inclusive
     * @param max        metres, inclusive
     */
    public static DepthSums of(float[] prediction, float[] truth, float min, float max) {
        DepthSums sums = new DepthSums();
        sums.add(prediction, truth, min, max);
        return sums;
    }

    private void add(float[] prediction, float[] truth, float min, float max) {
        if (prediction.length != truth.length) {
            throw new IllegalArgumentException(prediction.length + " predicted depths for " + truth.length
                    + " true ones");
        }
        for (int i = 0; i < truth.length; i++) {
            if (DepthMetrics.counts(truth[i], min, max)) {
                pixel(prediction[i], truth[i]);
            }
        }
    }

    private void pixel(double p, double t) {
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
        double inverse = 1 / p - 1 / t;
        inverseSquares += inverse * inverse;
        byPrediction += p * difference;
        predictionSquares += p * p;
        pixels++;
    }

    /** Adds the pixels of others, for example of another image. */
    public void add(DepthSums other) {
        pixels += other.pixels;
        for (int k = 0; k < 3; k++) {
            close[k] += other.close[k];
        }
        absRel += other.absRel;
        sqRel += other.sqRel;
        squares += other.squares;
        absolute += other.absolute;
        logs += other.logs;
        logSquares += other.logSquares;
        logAbsolute += other.logAbsolute;
        inverseSquares += other.inverseSquares;
        byPrediction += other.byPrediction;
        predictionSquares += other.predictionSquares;
    }

    /** How many pixels count. */
    public long pixels() {
        return pixels;
    }

    /** All metrics over these pixels; NaN if there are none. */
    public DepthMetrics metrics() {
        double n = pixels;
        EnumMap<DepthMetric, Double> values = new EnumMap<>(DepthMetric.class);
        values.put(DepthMetric.D1, close[0] / n);
        values.put(DepthMetric.D2, close[1] / n);
        values.put(DepthMetric.D3, close[2] / n);
        values.put(DepthMetric.ABS_REL, absRel / n);
        values.put(DepthMetric.SQ_REL, sqRel / n);
        values.put(DepthMetric.RMSE, Math.sqrt(squares / n));
        values.put(DepthMetric.RMSE_LOG, Math.sqrt(logSquares / n));
        values.put(DepthMetric.LOG10, logAbsolute / n / Math.log(10));
        values.put(DepthMetric.MAE, absolute / n);
        values.put(DepthMetric.I_RMSE, KILOMETRE * Math.sqrt(inverseSquares / n));
        double mean = logs / n;
        values.put(DepthMetric.SILOG_DAV2, Math.sqrt(logSquares / n - 0.5 * mean * mean));
        values.put(DepthMetric.SILOG_KITTI, 100 * Math.sqrt(logVariance()));
        double unbiased = pixels == 1 ? logVariance() : logVariance() * (n / (n - 1));
        values.put(DepthMetric.SILOG_ZOE, 10 * Math.sqrt(unbiased + 0.15 * mean * mean));
        values.put(DepthMetric.SI_RMSE, Math.sqrt(scaledSquares() / n));
        return new DepthMetrics(pixels, values);
    }

    /** Of d = ln p - ln t, over n: rounding never makes it negative. */
    private double logVariance() {
        double mean = logs / pixels;
        return Math.max(0, logSquares / pixels - mean * mean);
    }

    /**
     * The least sum of (s p - t)^2. With s = 1 + r it is that of (p - t + r p)^2, least for r = -sum p (p - t) / sum p^2:
     * written so, a good prediction's small rest is no difference of two large sums.
     */
    private double scaledSquares() {
        return predictionSquares == 0 ? squares
                : Math.max(0, squares - byPrediction / predictionSquares * byPrediction);
    }
}
