package dev.fathom.models.calibration;

import dev.fathom.engine.numeric.SpecialFunctions;

/**
 * Student's t distribution: how far an estimate of a line may be off in units of its own estimated standard error.
 *
 * @param freedom degrees of freedom, more than 0; infinite for the normal distribution
 */
public record StudentT(double freedom) {
    /** Beyond so many degrees the normal distribution differs by less than 1e-6 of a quantile. */
    private static final double AS_GOOD_AS_NORMAL = 1e6;

    public StudentT {
        if (!(freedom > 0)) {
            throw new IllegalArgumentException(freedom + " degrees of freedom");
        }
    }

    /** The probability of a value below {@code t}. */
    public double cdf(double t) {
        if (freedom > AS_GOOD_AS_NORMAL) {
            return SpecialFunctions.normalCdf(t);
        }
        // Abramowitz and Stegun 26.7.1 by the incomplete beta function, 26.5.27.
        double tail = 0.5 * incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
        return t > 0 ? 1 - tail : tail;
    }

    /**
     * The value below which a share {@code p} of the distribution lies, by halving an interval: quantiles are asked for
     * a few times in a run.
     *
     * @param p in (0, 1)
     */
    public double quantile(double p) {
        if (p < 0.5) {
            return -quantile(1 - p);
        }
        double low = 0;
        double high = 1;
        while (cdf(high) < p) {
            high *= 2;
        }
        for (double middle = 0.5 * (low + high); low < middle && middle < high; middle = 0.5 * (low + high)) {
            if (cdf(middle) < p) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    /** Half the width of the interval that holds a share {@code confidence}, in standard errors. */
    double halfWidth(double confidence) {
        return quantile(0.5 + 0.5 * confidence);
    }

    /** The regularised incomplete beta function I_x(a, b) for b = 1/2 and the like. */
    private static double incompleteBeta(double x, double a, double b) {
        if (x <= 0 || x >= 1) {
            return x <= 0 ? 0 : 1;
        }
        double front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
        // The continued fraction converges fast on this side of the mean; the other side is its mirror.
        return x < (a + 1) / (a + b + 2) ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b;
    }

    /** The continued fraction of Abramowitz and Stegun 26.5.8, from the front by Lentz's method. */
    private static double fraction(double x, double a, double b) {
        double c = 1;
        double d = 1 / (1 - (a + b) * x / (a + 1));
        double value = d;
        for (int m = 1; m < 10_000; m++) {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / (1 + even * d);
            c = 1 + even / c;
            value *= c * d;
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / (1 + odd * d);
            c = 1 + odd / c;
            double step = c * d;
            value *= step;
            if (Math.abs(step - 1) < 1e-15) {
                break;
            }
        }
        return value;
    }

    /**
     * ln of the gamma function by Stirling's series (Abramowitz and Stegun 6.1.41) from 10 upwards, brought there by
     * its recurrence.
     *
     * @param x more than 0
     */
    private static double logGamma(double x) {
        double shift = 0;
        double z = x;
        for (; z < 10; z++) {
            shift += Math.log(z);
        }
        double i = 1 / (z * z);
        double series = (1.0 / 12 + i * (-1.0 / 360 + i * (1.0 / 1260 + i * (-1.0 / 1680 + i / 1188)))) / z;
        return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
    }
}
