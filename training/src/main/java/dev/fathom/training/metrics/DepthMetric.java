package dev.fathom.training.metrics;

/**
 * The measures of metric depth, as Depth Anything V2's {@code eval_depth} defines them, plus the mean absolute error.
 *
 * <p>p is the predicted and t the true depth of a pixel, both in metres; means run over an image's valid pixels, then
 * over images. Nothing is clamped or aligned.
 */
public enum DepthMetric {
    D1("d1", true, "share of pixels with max(t/p, p/t) < 1.25"),
    D2("d2", true, "share of pixels with max(t/p, p/t) < 1.25^2 = 1.5625"),
    D3("d3", true, "share of pixels with max(t/p, p/t) < 1.25^3 = 1.953125"),
    ABS_REL("abs_rel", false, "mean of |p - t| / t"),
    SQ_REL("sq_rel", false, "mean of (p - t)^2 / t, metres"),
    RMSE("rmse", false, "square root of the mean of (p - t)^2, metres"),
    RMSE_LOG("rmse_log", false, "square root of the mean of (ln p - ln t)^2"),
    LOG10("log10", false, "mean of |log10 p - log10 t|"),
    /** Three measures go by this name: this is the loss's, with half of the squared mean and without a factor. */
    SILOG("silog", false, "square root of mean(d^2) - 0.5 * mean(d)^2 with d = ln p - ln t (not KITTI's, which takes "
            + "off the whole squared mean and multiplies by 100)"),
    MAE("mae", false, "mean of |p - t|, metres");

    private final String key;
    private final boolean higherIsBetter;
    private final String description;

    DepthMetric(String key, boolean higherIsBetter, String description) {
        this.key = key;
        this.higherIsBetter = higherIsBetter;
        this.description = description;
    }

    /** The name in tables and files, for example {@code abs_rel}. */
    public String key() {
        return key;
    }

    /** Whether larger values are better: true for the three shares. */
    public boolean higherIsBetter() {
        return higherIsBetter;
    }

    /** The definition in one line. */
    public String description() {
        return description;
    }

    /** Whether {@code value} is strictly better than {@code other}; NaN is never better. */
    public boolean better(double value, double other) {
        return higherIsBetter ? value > other : value < other;
    }
}
