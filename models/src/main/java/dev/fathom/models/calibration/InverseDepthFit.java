package dev.fathom.models.calibration;

import dev.fathom.engine.errors.FathomException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The line 1/z = a + b d through points of known depth, by weighted least squares or robustly, with its covariance.
 *
 * <p>A model of relative depth gives d, the inverse depth up to a scale and a shift that it does not know; so the line
 * is what is missing, not an approximation of it. Weights are those of {@link PointErrors}. Because they are made of the
 * measured depths, both a and b come out too small by the square of the relative error: 0.25 % for points that are 5 %
 * off.
 *
 * @param line      the line
 * @param residuals each point beside it, in the points' order
 * @param r2        share of the (weighted) variance of 1/z that the line explains
 * @param robust    whether points far off were left out by the fit itself
 */
public record InverseDepthFit(InverseDepthLine line, List<Residual> residuals, double r2, boolean robust) {
    /** Two d count as different from this share of themselves on: a thousand roundings of float32. */
    private static final double SAME = 1e-4;
    /** Errors smaller than this share of 1/z are rounding. */
    private static final double ROUNDING = 1e-6;
    /** An error this improbable among all points together is an outlier. */
    private static final double SUSPICIOUS = 0.05;

    /**
     * How to fit.
     *
     * @param scatter the points' standard deviation if it is known, in the unit of {@code errors}; NaN to estimate it
     */
    public record Options(PointErrors errors, boolean robust, double scatter) {
    }

    /**
     * A point beside the line.
     *
     * @param fitted      metres; not positive or infinite where a + b d is not positive
     * @param relative    measured depth / fitted depth - 1
     * @param studentised the error in units of its standard deviation, estimated without this point unless it was
     *                    stated; NaN where that cannot be said: too few points, a robust fit, or a point through which
     *                    the line goes whatever its depth is
     * @param weight      what the robust fit made of it: 1 all, 0 nothing
     */
    public record Residual(KnownPoint point, double fitted, double relative, double studentised, double weight) {
    }

    /** How large errors are: of the line's coefficients per root of the inverse matrix, of single points, and how sure. */
    private record Scale(double ofLine, double ofPoints, double freedom) {
    }

    public InverseDepthFit {
        residuals = List.copyOf(residuals);
    }

    /**
     * Fits.
     *
     * @throws FathomException if the points do not say where a line is: one point, all at the same d, a falling line
     */
    public static InverseDepthFit of(List<KnownPoint> points, Options options) {
        requireSpread(points, options);
        WeightedRows rows = WeightedRows.of(points, options.errors());
        double[] factors = new double[points.size()];
        Arrays.fill(factors, 1);
        WeightedRows.Solution solution = rows.solve(factors);
        Scale scale;
        if (options.robust()) {
            RobustLine robust = RobustLine.of(rows);
            solution = robust.solution();
            factors = robust.factors();
            scale = Double.isNaN(options.scatter()) ? new Scale(robust.deviation(), robust.scatter(), robust.kept() - 2)
                    : stated(options.scatter());
        } else {
            scale = scale(rows, solution, options);
        }
        requireRising(solution, points, options);
        double variance = scale.ofLine * scale.ofLine;
        InverseDepthLine line = new InverseDepthLine(solution.a(), solution.b(), variance * solution.aa(),
                variance * solution.ab(), variance * solution.bb(), options.errors(), scale.ofPoints, scale.freedom);
        requireDepths(line, points, factors, options);
        double squares = squares(rows, solution);
        List<Residual> residuals = new ArrayList<>();
        for (int i = 0; i < points.size(); i++) {
            KnownPoint point = points.get(i);
            double inverse = line.inverseDepth(point.d());
            residuals.add(new Residual(point, 1 / inverse, point.metres() * inverse - 1,
                    options.robust() ? Double.NaN : studentised(rows, i, solution, squares, options.scatter()), factors[i]));
        }
        return new InverseDepthFit(line, residuals, r2(rows, solution, factors), options.robust());
    }

    /**
     * The point that is most probably wrong: its error beyond what the largest of so many errors would reach once in
     * twenty times (Bonferroni); of a robust fit, the one that it threw out farthest off.
     */
    public Optional<Residual> outlier() {
        if (robust) {
            return residuals.stream().filter(r -> r.weight() == 0)
                    .max(Comparator.comparingDouble(r -> Math.abs(Math.log(Math.abs(1 + r.relative())))));
        }
        double freedom = line.freedom() - (Double.isInfinite(line.freedom()) ? 0 : 1);
        if (freedom < 1) {
            return Optional.empty();
        }
        double limit = new StudentT(freedom).quantile(1 - SUSPICIOUS / (2 * residuals.size()));
        return residuals.stream().filter(r -> Math.abs(r.studentised()) > limit)
                .max(Comparator.comparingDouble(r -> Math.abs(r.studentised())));
    }

    /** The points that decided: all of them, or those that a robust fit kept. */
    public List<KnownPoint> kept() {
        return residuals.stream().filter(r -> r.weight() > 0).map(Residual::point).toList();
    }

    private static void requireSpread(List<KnownPoint> points, Options options) {
        int n = points.size();
        if (n < 2) {
            throw new FathomException("There " + (n == 0 ? "is no point" : "is one point") + " of known depth, but the line"
                    + " 1/z = a + b d has two unknowns; give at least two points at different distances, better five.");
        }
        if (options.robust() && n < RobustLine.FEWEST_POINTS) {
            throw new FathomException("--robust needs at least " + RobustLine.FEWEST_POINTS + " points to tell which are"
                    + " wrong, and there are " + n + "; give more, or leave --robust out.");
        }
        double low = points.stream().mapToDouble(KnownPoint::d).min().orElseThrow();
        double high = points.stream().mapToDouble(KnownPoint::d).max().orElseThrow();
        if (high - low <= SAME * Math.max(Math.abs(low), Math.abs(high))) {
            throw new FathomException(String.format(Locale.ROOT, "At all %d points the model gives the same number, %.5g,"
                    + " which does not tell the scale from the shift; add points that are nearer or farther.", n, high));
        }
    }

    private static void requireRising(WeightedRows.Solution solution, List<KnownPoint> points, Options options) {
        if (!(solution.b() > 0)) {
            throw new FathomException(String.format(Locale.ROOT, "The line falls, b = %.4g: where the model gives more,"
                    + " these %d points are farther away, but a relative model's number grows towards the camera (wrong"
                    + " polarity); %s.", solution.b(), points.size(), suspects(points, options).orElse("check the pixels (X"
                    + " is the column), that the distances are metres, and that the model gives inverse depth")));
        }
    }

    /** A line that has no depth at one of its own points cannot be used there, and least of all beyond. */
    private static void requireDepths(InverseDepthLine line, List<KnownPoint> points, double[] factors,
            Options options) {
        for (int i = 0; i < points.size(); i++) {
            KnownPoint point = points.get(i);
            if (factors[i] > 0 && !(line.inverseDepth(point.d()) > 0)) {
                throw new FathomException(String.format(Locale.ROOT, "The line has no depth at the point %s: 1/z would be"
                        + " %.4g there, where %.4g m were measured; %s.", point.place(), line.inverseDepth(point.d()),
                        point.metres(), suspects(points, options).orElse("the points do not lie on a line, so check this"
                        + " one and the farthest")));
            }
        }
    }

    /** What a robust line through most of the points thinks of the others, if there is one. */
    private static Optional<String> suspects(List<KnownPoint> points, Options options) {
        if (options.robust() || points.size() < RobustLine.FEWEST_POINTS) {
            return Optional.empty();
        }
        InverseDepthFit without;
        try {
            without = of(points, new Options(options.errors(), true, options.scatter()));
        } catch (FathomException noLineEither) {
            return Optional.empty();
        }
        return without.outlier().map(worst -> String.format(Locale.ROOT, "without %d of them it rises, so check these,"
                + " above all the point %s (%.4g m, where the others say %.4g m), or add --robust",
                points.size() - without.kept().size(), worst.point().place(), worst.point().metres(), worst.fitted()));
    }

    private static Scale scale(WeightedRows rows, WeightedRows.Solution solution, Options options) {
        if (!Double.isNaN(options.scatter())) {
            return stated(options.scatter());
        }
        int freedom = rows.size() - 2;
        if (freedom == 0) {
            return new Scale(Double.NaN, Double.NaN, 0);
        }
        double scatter = Math.sqrt(squares(rows, solution) / freedom);
        return new Scale(scatter, scatter, freedom);
    }

    private static Scale stated(double scatter) {
        return new Scale(scatter, scatter, Double.POSITIVE_INFINITY);
    }

    private static double squares(WeightedRows rows, WeightedRows.Solution solution) {
        double sum = 0;
        for (int i = 0; i < rows.size(); i++) {
            double error = rows.error(i, solution.a(), solution.b());
            sum += error * error;
        }
        return sum;
    }

    /** Cook and Weisberg, "Residuals and Influence in Regression" (1982), 2.2.10: without the point itself. */
    private static double studentised(WeightedRows rows, int i, WeightedRows.Solution solution, double squares,
            double stated) {
        double error = rows.error(i, solution.a(), solution.b());
        double own = 1 - rows.leverage(i, solution);
        if (own < 1e-9) {
            return Double.NaN;
        }
        if (Math.abs(error) <= ROUNDING * Math.abs(rows.y()[i])) {
            return 0;
        }
        if (!Double.isNaN(stated)) {
            return error / (stated * Math.sqrt(own));
        }
        int freedom = rows.size() - 3;
        if (freedom < 1) {
            return Double.NaN;
        }
        double others = Math.max(0, squares - error * error / own) / freedom;
        return error / Math.sqrt(Math.max(others, Double.MIN_NORMAL) * own);
    }

    private static double r2(WeightedRows rows, WeightedRows.Solution solution, double[] factors) {
        double weights = 0;
        double mean = 0;
        for (int i = 0; i < rows.size(); i++) {
            weights += factors[i] * rows.one()[i] * rows.one()[i];
            mean += factors[i] * rows.one()[i] * rows.y()[i];
        }
        mean /= weights;
        double all = 0;
        double left = 0;
        for (int i = 0; i < rows.size(); i++) {
            double error = rows.error(i, solution.a(), solution.b());
            double total = rows.error(i, mean, 0);
            left += factors[i] * error * error;
            all += factors[i] * total * total;
        }
        return 1 - left / all;
    }
}
