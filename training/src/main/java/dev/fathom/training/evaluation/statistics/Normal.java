package dev.fathom.training.evaluation.statistics;

/** The standard normal distribution. */
final class Normal {
    private Normal() {
    }

    /**
     * P(Z &lt;= x), to about 1e-15: with the density f, Phi(x) = 1/2 + f(x) (x + x^3/3 + x^5/(3*5) + ...) (Marsaglia,
     * "Evaluating the normal distribution", J. Stat. Software 11(4), 2004).
     */
    static double cdf(double x) {
        if (Math.abs(x) > 8) {
            return x < 0 ? 0 : 1;
        }
        double term = x;
        double sum = x;
        for (int odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
            term *= x * x / odd;
            sum += term;
        }
        return 0.5 + sum * density(x);
    }

    static double density(double x) {
        return Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    /** The x of a probability, by bisection; infinite for 0 and 1. */
    static double quantile(double probability) {
        if (probability <= 0 || probability >= 1) {
            return probability <= 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        double low = -8;
        double high = 8;
        for (int i = 0; i < 60; i++) {
            double middle = (low + high) / 2;
            if (cdf(middle) < probability) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }
}
