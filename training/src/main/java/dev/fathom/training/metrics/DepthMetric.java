package dev.fathom.training.metrics;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The measures of depth that are means over pixels, computed by {@link DepthSums}.
 *
 * <p>p is the predicted and t the true depth of a pixel, both in metres, d = ln p - ln t. d1 to rmse_log, log10 and
 * silog_dav2 are those of Depth Anything V2's {@code eval_depth}; i_rmse and silog_kitti those of the KITTI depth
 * benchmark (Uhrig et al. 2017; Eigen et al. 2014), which Marigold reports too.
 *
 * <p>Three measures go by the name SiLog in papers and differ by a factor of 10 to 100, so none has that name here.
 */
public enum DepthMetric implements Measure {
    D1("d1", true, "", "share of pixels with max(t/p, p/t) < 1.25"),
    D2("d2", true, "", "share of pixels with max(t/p, p/t) < 1.25^2 = 1.5625"),
    D3("d3", true, "", "share of pixels with max(t/p, p/t) < 1.25^3 = 1.953125"),
    ABS_REL("abs_rel", false, "", "mean of |p - t| / t"),
    SQ_REL("sq_rel", false, "m", "mean of (p - t)^2 / t, metres"),
    RMSE("rmse", false, "m", "square root of the mean of (p - t)^2, metres"),
    RMSE_LOG("rmse_log", false, "", "square root of the mean of d^2, d = ln p - ln t"),
    LOG10("log10", false, "", "mean of |log10 p - log10 t|"),
    MAE("mae", false, "m", "mean of |p - t|, metres"),
    I_RMSE("i_rmse", false, "1/km", "square root of the mean of (1/p - 1/t)^2 with depths in kilometres, as KITTI counts"
            + " it (Marigold: in metres, a thousandth of this)"),
    SILOG_DAV2("silog_dav2", false, "", "square root of mean(d^2) - 0.5 mean(d)^2, d = ln p - ln t: Depth Anything V2's"
            + " loss and measure"),
    SILOG_KITTI("silog_kitti", false, "", "100 times the square root of mean(d^2) - mean(d)^2, d = ln p - ln t: KITTI's,"
            + " and the silog of ZoeDepth's and Marigold's tables"),
    SILOG_ZOE("silog_zoe", false, "", "10 times the square root of var(d) + 0.15 mean(d)^2, var unbiased: ZoeDepth's"
            + " training loss, but for the 1e-7 that it adds to each depth"),
    SI_RMSE("si_rmse", false, "m", "rmse after the best scale: square root of the least mean of (s p - t)^2 over s,"
            + " metres (Eigen's, of logarithms, is a hundredth of silog_kitti)");

    private final String key;
    private final boolean higherIsBetter;
    private final String unit;
    private final String description;

    DepthMetric(String key, boolean higherIsBetter, String unit, String description) {
        this.key = key;
        this.higherIsBetter = higherIsBetter;
        this.unit = unit;
        this.description = description;
    }

    /** The metric of a name. */
    public static Optional<DepthMetric> of(String key) {
        return Arrays.stream(values()).filter(m -> m.key.equals(key)).findFirst();
    }

    /** All names, for help and refusals. */
    public static String keys() {
        return Arrays.stream(values()).map(DepthMetric::key).collect(Collectors.joining(", "));
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public boolean higherIsBetter() {
        return higherIsBetter;
    }

    @Override
    public String unit() {
        return unit;
    }

    @Override
    public String description() {
        return description;
    }
}
