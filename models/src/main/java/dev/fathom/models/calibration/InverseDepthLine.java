package dev.fathom.models.calibration;

/**
 * The line 1/z = a + b d and how well it is known.
 *
 * @param a        1/metres: the inverse depth where the model gives 0
 * @param b        1/metres for a step of 1 in d; more than 0
 * @param varA     variance of a, {@code covAB} covariance, {@code varB} variance of b; all NaN if nothing is known of
 *                 the errors (two points, no scatter stated)
 * @param errors   what the scatter is measured in
 * @param scatter  standard deviation of single points around the line; NaN like the variances
 * @param freedom  degrees of freedom behind the scatter; infinite if it was stated, 0 if nothing is known
 */
public record InverseDepthLine(double a, double b, double varA, double covAB, double varB, PointErrors errors,
        double scatter, double freedom) {

    /** A number and the interval that holds the true one with the confidence asked for. */
    public record Interval(double value, double low, double high) {
    }

    /**
     * A depth and its error bars, metres.
     *
     * @param d         the model's number
     * @param metres    1 / (a + b d)
     * @param deviation standard error by the delta method: that of a + b d, times the depth squared
     * @param line      where the line's depth lies: the inverse of an interval of a + b d, whose far end is infinite
     *                  where that interval reaches 0
     * @param pixel     where a single pixel's depth lies, which scatters around the line as the points did
     */
    public record Bar(double d, double metres, double deviation, Interval line, Interval pixel) {
    }

    /** Whether there are error bars. */
    public boolean hasErrors() {
        return freedom > 0;
    }

    /** a + b d, 1/metres. */
    public double inverseDepth(double d) {
        return a + b * d;
    }

    /** Metres; no depth where a + b d is not positive. */
    public double depth(double d) {
        return 1 / inverseDepth(d);
    }

    /** The d at which the line gives a depth. */
    public double dAt(double metres) {
        return (1 / metres - a) / b;
    }

    /** Standard error of a + b d. */
    public double deviation(double d) {
        return Math.sqrt(Math.max(0, varA + d * (2 * covAB + d * varB)));
    }

    /** @param confidence 0.95 for 95 % */
    public Interval intervalOfA(double confidence) {
        return interval(a, Math.sqrt(varA), confidence);
    }

    public Interval intervalOfB(double confidence) {
        return interval(b, Math.sqrt(varB), confidence);
    }

    /** Depth and error bars at d, where a + b d is positive. */
    public Bar bar(double d, double confidence) {
        double inverse = inverseDepth(d);
        double own = deviation(d);
        double point = scatter * errors.deviation(1 / inverse);
        return new Bar(d, 1 / inverse, own / (inverse * inverse), inverted(interval(inverse, own, confidence)),
                inverted(interval(inverse, Math.hypot(own, point), confidence)));
    }

    private Interval interval(double value, double deviation, double confidence) {
        double half = deviation * new StudentT(freedom).halfWidth(confidence);
        return new Interval(value, value - half, value + half);
    }

    private static Interval inverted(Interval inverse) {
        return new Interval(1 / inverse.value(), 1 / inverse.high(),
                inverse.low() > 0 ? 1 / inverse.low() : Double.POSITIVE_INFINITY);
    }
}
