package dev.fathom.models.calibration;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.numeric.Philox;
import java.util.Arrays;

/**
 * A line that points far off do not move: of up to 3000 lines through two points each, the one with the least median
 * error (Rousseeuw 1984) says what is far off; from there, least squares with Tukey's biweight, repeated until nothing
 * changes (an MM-estimate, Yohai 1987). Nearly half of the points may be wrong; of points with normal errors, 95 % of
 * what they say is used.
 */
final class RobustLine {
    /** Errors beyond so many times the scatter count nothing: 95 % efficiency for normal errors. */
    static final double CUT = 4.685;
    /** The fewest points of which a median can tell the wrong ones. */
    static final int FEWEST_POINTS = 5;
    private static final int MOST_LINES = 3000;
    private static final int MOST_JUDGES = 500;
    private static final int MOST_ROUNDS = 200;
    /** Turns a median of absolute normal errors into their standard deviation. */
    private static final double MEDIAN_TO_DEVIATION = 1.4826;
    /** Rounding of a map's float32 numbers, as a share of 1/z: points that agree to that agree. */
    private static final double ROUNDING = 1e-6;

    private final WeightedRows rows;
    private double scatter;
    private double[] factors;
    private WeightedRows.Solution solution;
    private double deviation;
    private int kept;

    private RobustLine(WeightedRows rows) {
        this.rows = rows;
    }

    /**
     * @throws FathomException if the points that belong together do not make a line
     */
    static RobustLine of(WeightedRows rows) {
        RobustLine robust = new RobustLine(rows);
        double[] line = robust.settle(robust.leastMedian());
        // The least of so many medians is too small; that of the settled line is not.
        int[] all = identity(rows.size());
        robust.scatter = Math.max(robust.scatter, robust.deviationOf(robust.medianError(line, all), 2));
        line = robust.settle(line);
        robust.measure(line[0], line[1]);
        return robust;
    }

    /** Repeats weighted least squares with the present scatter until the line {a, b} stays. */
    private double[] settle(double[] start) {
        double[] line = start;
        for (int round = 0; round < MOST_ROUNDS; round++) {
            factors = biweights(line[0], line[1]);
            requireSpread();
            WeightedRows.Solution next = rows.solve(factors);
            double change = Math.abs(next.a() - line[0]) + Math.abs(next.b() - line[1]);
            line = new double[] {next.a(), next.b()};
            if (change <= 1e-13 * (Math.abs(line[0]) + Math.abs(line[1]))) {
                break;
            }
        }
        return line;
    }

    private double deviationOf(double median, double correction) {
        return MEDIAN_TO_DEVIATION * (1 + correction / (rows.size() - 2)) * median;
    }

    /** The line, with the inverse matrix of the points that were kept. */
    WeightedRows.Solution solution() {
        return solution;
    }

    /** What each point's squared error was multiplied by: 1 all, 0 nothing. */
    double[] factors() {
        return factors;
    }

    /** Standard deviation of a single point that belongs to the line. */
    double scatter() {
        return scatter;
    }

    /** What the inverse matrix's roots are multiplied by to be standard errors. */
    double deviation() {
        return deviation;
    }

    /** Points with a factor above 0. */
    int kept() {
        return kept;
    }

    /**
     * The asymptotic covariance of an M-estimate with Huber's correction for few points (Huber and Ronchetti, "Robust
     * Statistics", 7.83), over the points that were kept: K^2 s^2 (sum psi^2 / (n - 2)) / (mean psi')^2 times the inverse
     * of their matrix. A point far off that was thrown out must not lend the line its leverage.
     */
    private void measure(double a, double b) {
        double[] in = new double[rows.size()];
        double squares = 0;
        double slope = 0;
        double slopes = 0;
        for (int i = 0; i < in.length; i++) {
            if (factors[i] > 0) {
                double u = rows.error(i, a, b) / scatter;
                double v = u / CUT * (u / CUT);
                double psi = u * (1 - v) * (1 - v);
                double derivative = (1 - v) * (1 - 5 * v);
                squares += psi * psi;
                slope += derivative;
                slopes += derivative * derivative;
                in[i] = 1;
                kept++;
            }
        }
        slope /= kept;
        slopes /= kept;
        double correction = 1 + 2.0 / kept * (slopes - slope * slope) / (slope * slope);
        deviation = correction * scatter * Math.sqrt(squares / (kept - 2)) / slope;
        solution = new WeightedRows.Solution(a, b, rows.solve(in).inverse());
    }

    /** The points that are kept must be three at least, and not all at the same d. */
    private void requireSpread() {
        int count = 0;
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < factors.length; i++) {
            if (factors[i] > 0) {
                count++;
                low = Math.min(low, rows.d()[i] / rows.one()[i]);
                high = Math.max(high, rows.d()[i] / rows.one()[i]);
            }
        }
        if (count < 3 || !(high - low > ROUNDING * Math.max(Math.abs(low), Math.abs(high)))) {
            throw noLine();
        }
    }

    private FathomException noLine() {
        return new FathomException("No majority of the " + rows.size() + " points lies on one line over different"
                    + " numbers of the model, so it cannot be told which points are wrong; add points at other distances,"
                    + " or leave --robust out.");
    }

    private double[] biweights(double a, double b) {
        double[] weights = new double[rows.size()];
        for (int i = 0; i < weights.length; i++) {
            double u = rows.error(i, a, b) / (CUT * scatter);
            weights[i] = Math.abs(u) < 1 ? (1 - u * u) * (1 - u * u) : 0;
        }
        return weights;
    }

    /** The line {a, b} with the least median error; sets the scatter from it. */
    private double[] leastMedian() {
        int n = rows.size();
        Philox random = new Philox(0, n, 0, 0);
        int[] judges = n <= MOST_JUDGES ? identity(n) : Arrays.copyOf(random.permutation(n), MOST_JUDGES);
        boolean all = (long) n * (n - 1) / 2 <= MOST_LINES;
        int tries = all ? n * n : MOST_LINES;
        double[] best = null;
        double least = Double.POSITIVE_INFINITY;
        for (int t = 0; t < tries; t++) {
            int i = all ? t / n : random.nextInt(n);
            int j = all ? t % n : random.nextInt(n);
            if (all && i >= j) {
                continue;
            }
            double[] line = through(i, j);
            if (line == null) {
                continue;
            }
            double median = medianError(line, judges);
            if (median < least) {
                least = median;
                best = line;
            }
        }
        if (best == null) {
            throw noLine();
        }
        // Rousseeuw and Leroy's factor for few points; never less than what rounding alone makes.
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        scatter = Math.max(deviationOf(least, 5), ROUNDING * rows.size(ones));
        return best;
    }

    /** The line through two points {a, b}; null if they have the same d. */
    private double[] through(int i, int j) {
        double di = rows.d()[i] / rows.one()[i];
        double dj = rows.d()[j] / rows.one()[j];
        if (Math.abs(di - dj) <= ROUNDING * Math.max(Math.abs(di), Math.abs(dj))) {
            return null;
        }
        double yi = rows.y()[i] / rows.one()[i];
        double yj = rows.y()[j] / rows.one()[j];
        double b = (yj - yi) / (dj - di);
        return new double[] {yi - b * di, b};
    }

    private double medianError(double[] line, int[] judges) {
        double[] errors = new double[judges.length];
        for (int k = 0; k < errors.length; k++) {
            errors[k] = Math.abs(rows.error(judges[k], line[0], line[1]));
        }
        Arrays.sort(errors);
        return errors[errors.length / 2];
    }

    private static int[] identity(int n) {
        int[] all = new int[n];
        Arrays.setAll(all, i -> i);
        return all;
    }
}
