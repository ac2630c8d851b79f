package dev.fathom.engine.ops;

import dev.fathom.engine.errors.FathomException;

/**
 * The losses that are functions of sums over masked pixels. With e a pixel's {@link PixelError}, m its mean over the M masked
 * pixels, var its variance:
 *
 * <table>
 * <caption>Forms</caption>
 * <tr><td>{@link #SILOG}</td><td>sqrt( mean(e^2) - lambda m^2 )</td></tr>
 * <tr><td>{@link #SILOG_ZOE}</td><td>10 sqrt( var(e) + beta m^2 ), var unbiased</td></tr>
 * <tr><td>{@link #L1}</td><td>mean |e|</td></tr>
 * <tr><td>{@link #BERHU}</td><td>mean of |e| up to c and (e^2 + c^2) / 2c above, c = max |e| / 5</td></tr>
 * </table>
 *
 * <p>Constants are numbered as in loss.cu, which computes the same.
 */
public enum LossForm {
    /**
     * The scale-invariant log loss of Eigen et al. 2014 with the root, as Depth Anything V2's metric trainer computes it.
     * The parameter is lambda, how much of the mean is forgiven: 0 is the plain log RMSE, 1 ignores the scale.
     */
    SILOG("silog", PixelError.LOG, false),
    /**
     * The same idea in ZoeDepth's form (AdaBins' before it): beta is how much of the mean is punished, 0.15 there, so it is
     * ten times SiLog with lambda 0.85 but for the unbiased variance and the epsilon. Of a single pixel the variance is 0
     * (ZoeDepth: NaN).
     */
    SILOG_ZOE("silog_zoe", PixelError.LOG_ZOE, false),
    /** The mean absolute error. Where pred equals target, its gradient is 0, as torch's. */
    L1("l1", PixelError.DIFFERENCE, false),
    /**
     * The reverse Huber loss of Laina et al. 2016: absolute where errors are small, squared where they are large, and smooth
     * between. The threshold c is a fifth of the largest error of the batch and a constant to the gradient, as everybody who
     * published code has it: a larger c makes the loss smaller, so its derivative would push the worst pixel further away.
     */
    BERHU("berhu", PixelError.DIFFERENCE, true);

    /** berHu's threshold is this part of the largest error. */
    public static final double THRESHOLD = 0.2;
    /** ZoeDepth's loss is this many roots. */
    private static final double ZOE_FACTOR = 10;

    private final String title;
    private final PixelError error;
    private final boolean hasThreshold;

    LossForm(String title, PixelError error, boolean hasThreshold) {
        this.title = title;
        this.error = error;
        this.hasThreshold = hasThreshold;
    }

    /** First word of the operations' names. */
    String title() {
        return title;
    }

    /** What it calls an error. */
    public PixelError error() {
        return error;
    }

    /** Whether it needs the largest error first. */
    public boolean hasThreshold() {
        return hasThreshold;
    }

    /** Tensors that the operation takes. */
    int inputs() {
        return hasThreshold ? 4 : 3;
    }

    void check(double parameter) {
        boolean ok = switch (this) {
            case SILOG -> parameter >= 0 && parameter <= 1;
            case SILOG_ZOE -> parameter >= 0 && parameter < Double.POSITIVE_INFINITY;
            case L1, BERHU -> parameter == 0;
        };
        if (!ok) {
            throw new FathomException(title + "_loss: " + switch (this) {
                case SILOG -> "lambda is " + parameter + ", but above 1 the root has no meaning and below 0 the loss"
                        + " punishes the scale twice; give a number from 0 to 1 (the original's is 0.5)";
                case SILOG_ZOE -> "beta is " + parameter
                        + ", but must be 0 or more, or the root has no meaning (the original's is 0.15)";
                case L1, BERHU -> "takes no parameter, got " + parameter;
            });
        }
    }

    /** What a pixel adds to the first sum. */
    public double term(double e, double threshold) {
        return switch (this) {
            case SILOG, SILOG_ZOE -> e;
            case L1 -> Math.abs(e);
            case BERHU -> Math.abs(e) <= threshold ? Math.abs(e) : (e * e + threshold * threshold) / (2 * threshold);
        };
    }

    /** The loss from the sums of terms and squared errors over {@code count} pixels; 0 over none. */
    public double loss(double sum, double squares, double count, double parameter) {
        if (count == 0) {
            return 0;
        }
        double mean = sum / count;
        return switch (this) {
            case SILOG -> Math.sqrt(Math.max(0, squares / count - parameter * mean * mean));
            case SILOG_ZOE -> ZOE_FACTOR * Math.sqrt(variance(sum, squares, count) + parameter * mean * mean);
            case L1, BERHU -> mean;
        };
    }

    /** Unbiased; 0 of one pixel, and never below 0 by rounding. */
    private static double variance(double sum, double squares, double count) {
        return count == 1 ? 0 * sum : Math.max(0, (squares - sum * sum / count) / (count - 1));
    }

    /**
     * What a pixel's gradient is linear in: dL/de = slope x + shift, with x of {@link #shape}.
     *
     * @param slope 0 where the loss is 0, which includes an empty mask
     * @param shift what comes through the mean, the same for all pixels
     */
    public record Line(double slope, double shift) {
        private static final Line FLAT = new Line(0, 0);
    }

    /** That line from the sums and the gradient of what depends on the loss. */
    public Line line(double sum, double squares, double count, double parameter, double dLoss) {
        double loss = loss(sum, squares, count, parameter);
        if (loss == 0) {
            return Line.FLAT;
        }
        double mean = sum / count;
        return switch (this) {
            case SILOG -> {
                double slope = dLoss / (count * loss);
                yield new Line(slope, -slope * parameter * mean);
            }
            case SILOG_ZOE -> {
                double root = dLoss * ZOE_FACTOR * ZOE_FACTOR / loss;
                double slope = count == 1 ? 0 : root / (count - 1);
                yield new Line(slope, root * parameter * mean / count - slope * mean);
            }
            case L1, BERHU -> new Line(dLoss / count, 0);
        };
    }

    /** What the slope is multiplied by: the derivative of the pixel's term by e, or half that of e^2. */
    public double shape(double e, double threshold) {
        return switch (this) {
            case SILOG, SILOG_ZOE -> e;
            case L1 -> Math.signum(e);
            case BERHU -> Math.abs(e) <= threshold ? Math.signum(e) : e / threshold;
        };
    }

    /** The gradient by pred of one masked pixel. */
    public double gradient(double target, double pred, Line line, double threshold) {
        double through = line.slope == 0 ? line.shift
                : line.slope * shape(error.of(target, pred), threshold) + line.shift;
        return through == 0 ? 0 : through * error.slope(pred);          // -0 would be a zero of its own
    }
}
