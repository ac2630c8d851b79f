package dev.fathom.models.calibration;

import java.util.List;

/**
 * The fit's equations, one a point, each divided by its standard deviation up to a common factor:
 * {@code y = a one + b d}, y = 1/z. All then have errors of the same size, the scatter.
 *
 * @param one 1 / deviation, {@code d} and {@code y} divided likewise
 */
record WeightedRows(double[] one, double[] d, double[] y) {

    /** A solution and what its errors come from. */
    record Solution(double a, double b, double[] inverse) {
        /** The inverse of the normal equations' matrix: [aa, ab, bb]. */
        double aa() {
            return inverse[0];
        }

        double ab() {
            return inverse[1];
        }

        double bb() {
            return inverse[2];
        }
    }

    static WeightedRows of(List<KnownPoint> points, PointErrors errors) {
        int n = points.size();
        WeightedRows rows = new WeightedRows(new double[n], new double[n], new double[n]);
        for (int i = 0; i < n; i++) {
            KnownPoint point = points.get(i);
            double weight = 1 / errors.deviation(point.metres());
            rows.one[i] = weight;
            rows.d[i] = weight * point.d();
            rows.y[i] = weight / point.metres();
        }
        return rows;
    }

    int size() {
        return y.length;
    }

    /**
     * Least squares with a further factor on each squared error.
     *
     * <p>The sums are those around the weighted mean of d, where they do not cancel.
     */
    Solution solve(double[] factors) {
        double sum = 0;
        double meanD = 0;
        double meanY = 0;
        for (int i = 0; i < y.length; i++) {
            double w = factors[i] * one[i] * one[i];
            sum += w;
            meanD += factors[i] * one[i] * d[i];
            meanY += factors[i] * one[i] * y[i];
        }
        meanD /= sum;
        meanY /= sum;
        double dd = 0;
        double dy = 0;
        for (int i = 0; i < y.length; i++) {
            double x = d[i] - meanD * one[i];
            dd += factors[i] * x * x;
            dy += factors[i] * x * (y[i] - meanY * one[i]);
        }
        double b = dy / dd;
        return new Solution(meanY - b * meanD, b, new double[] {1 / sum + meanD * meanD / dd, -meanD / dd, 1 / dd});
    }

    /** The error of row i against a line. */
    double error(int i, double a, double b) {
        return y[i] - a * one[i] - b * d[i];
    }

    /** How much of row i's own value goes into its fitted one: 0 to 1. */
    double leverage(int i, Solution solution) {
        return one[i] * one[i] * solution.aa() + 2 * one[i] * d[i] * solution.ab() + d[i] * d[i] * solution.bb();
    }

    /** The size of a typical y: what a rounding error is measured against. */
    double size(double[] factors) {
        double sum = 0;
        double weight = 0;
        for (int i = 0; i < y.length; i++) {
            sum += factors[i] * y[i] * y[i];
            weight += factors[i];
        }
        return Math.sqrt(sum / weight);
    }
}
