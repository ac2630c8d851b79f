package dev.fathom.tests.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.numeric.Philox;
import dev.fathom.models.calibration.InverseDepthFit;
import dev.fathom.models.calibration.InverseDepthFit.Options;
import dev.fathom.models.calibration.InverseDepthLine;
import dev.fathom.models.calibration.KnownPoint;
import dev.fathom.models.calibration.PointErrors;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The line 1/z = a + b d: planted ones are found again, and its intervals hold the truth as often as they say. */
class InverseDepthFitTest {
    private static final double A = 0.08;
    private static final double B = 0.21;
    private static final double[] D = {0.15, 0.4, 0.9, 1.3, 1.8, 2.6, 3.1, 4.4};

    private static KnownPoint point(double d, double metres) {
        return new KnownPoint("a.jpg", 10 * d, 5, metres, d);
    }

    /** Points on the line, their depths wrong by a standard deviation of {@code scatter} in the unit of the errors. */
    private static List<KnownPoint> points(double[] ds, PointErrors errors, double scatter, Philox random) {
        List<KnownPoint> points = new ArrayList<>();
        for (double d : ds) {
            double z = 1 / (A + B * d);
            double off = scatter == 0 ? 0 : scatter * random.nextGaussian();
            points.add(point(d, switch (errors) {
                case RELATIVE -> z * (1 + off);
                case ABSOLUTE -> z + off;
                case INVERSE -> 1 / (1 / z + off);
            }));
        }
        return points;
    }

    private static InverseDepthFit fit(List<KnownPoint> points, PointErrors errors, boolean robust) {
        return InverseDepthFit.of(points, new Options(errors, robust, Double.NaN));
    }

    @ParameterizedTest
    @EnumSource(PointErrors.class)
    void aPlantedLineIsFoundAgain(PointErrors errors) {
        for (boolean robust : new boolean[] {false, true}) {
            InverseDepthFit fit = fit(points(D, errors, 0, null), errors, robust);
            assertEquals(A, fit.line().a(), 1e-14);
            assertEquals(B, fit.line().b(), 1e-14);
            assertEquals(1, fit.r2(), 1e-12);
            assertEquals(6, fit.line().freedom());
            assertTrue(Math.sqrt(fit.line().varA()) < 1e-12 && fit.outlier().isEmpty());
        }
    }

    /** Against the normal equations written out for (d, z) = (1, 2 m), (2, 1 m), (4, 0.6 m) with weights z^2. */
    @Test
    void covarianceAndResidualsByHand() {
        InverseDepthFit fit = fit(List.of(point(1, 2), point(2, 1), point(4, 0.6)), PointErrors.RELATIVE, false);
        double s = 4 + 1 + 0.36;
        double sx = 4 + 2 + 4 * 0.36;
        double sxx = 4 + 4 + 16 * 0.36;
        double sy = 2 + 1 + 0.6;
        double sxy = 2 + 2 + 4 * 0.6;
        double det = s * sxx - sx * sx;
        double b = (s * sxy - sx * sy) / det;
        double a = (sy - b * sx) / s;
        double left = Math.pow(2 * (a + b) - 1, 2) + Math.pow(a + 2 * b - 1, 2) + Math.pow(0.6 * (a + 4 * b) - 1, 2);
        assertTrue(left > 1e-3, "the points do not lie on a line: " + left);
        InverseDepthLine line = fit.line();
        assertEquals(a, line.a(), 1e-13);
        assertEquals(b, line.b(), 1e-13);
        assertEquals(left * sxx / det, line.varA(), 1e-13, "one degree of freedom: the scatter squared is the sum left");
        assertEquals(-left * sx / det, line.covAB(), 1e-13);
        assertEquals(left * s / det, line.varB(), 1e-13);
        assertEquals(Math.sqrt(left), line.scatter(), 1e-13);
        assertEquals(1 - left / (3 - sy * sy / s), fit.r2(), 1e-13, "the squares of z / z are 1 each");
        assertEquals(2 * (a + b) - 1, fit.residuals().getFirst().relative(), 1e-13);
        assertEquals(1 / (a + b), fit.residuals().getFirst().fitted(), 1e-13);
        double deviation = Math.sqrt(line.varA() + 6 * line.covAB() + 9 * line.varB());
        assertEquals(deviation, line.deviation(3), 1e-13);
        assertEquals(deviation / Math.pow(a + 3 * b, 2), line.bar(3, 0.95).deviation(), 1e-13);
    }

    /** Quantiles of Student's t from the tables: one, three and ten degrees of freedom, and the normal distribution. */
    @ParameterizedTest
    @CsvSource({"3, 0.95, 12.7062047", "5, 0.95, 3.1824463", "5, 0.99, 5.8409093", "12, 0.95, 2.2281389",
        "12, 0.5, 0.6998121", "122, 0.95, 1.9799304"})
    void intervalsAreStudents(int n, double confidence, double t) {
        double[] ds = new double[n];
        for (int i = 0; i < n; i++) {
            ds[i] = 0.2 + 4.0 * i / n;
        }
        InverseDepthLine line = fit(points(ds, PointErrors.RELATIVE, 0.03, new Philox(1, n, 0, 0)),
                PointErrors.RELATIVE, false).line();
        assertEquals(line.b() + t * Math.sqrt(line.varB()), line.intervalOfB(confidence).high(), 1e-8);
        assertEquals(line.a() - t * Math.sqrt(line.varA()), line.intervalOfA(confidence).low(), 1e-8);
        InverseDepthLine stated = InverseDepthFit.of(points(ds, PointErrors.RELATIVE, 0, null),
                new Options(PointErrors.RELATIVE, false, 0.05)).line();
        assertEquals(0.05, stated.scatter());
        assertEquals(1.959963985 * Math.sqrt(stated.varB()), stated.intervalOfB(0.95).high() - stated.b(), 1e-8);
    }

    /** Of 2000 sets of points with errors of their own, 95 % of the 95 % intervals hold the truth (3.5 deviations). */
    @ParameterizedTest
    @CsvSource({"RELATIVE, 0.04, false", "ABSOLUTE, 0.02, false", "INVERSE, 0.01, false", "RELATIVE, 0.04, true"})
    void intervalsHoldTheTruthAsOftenAsTheySay(PointErrors errors, double scatter, boolean robust) {
        int sets = robust ? 400 : 2000;
        int heldA = 0;
        int heldB = 0;
        int heldDepth = 0;
        int heldPixel = 0;
        double[] ds = new double[robust ? 24 : D.length];
        for (int i = 0; i < ds.length; i++) {
            ds[i] = robust ? 0.15 + 0.18 * i : D[i];
        }
        double middle = 1 / (A + B * 2);
        for (int set = 0; set < sets; set++) {
            Philox random = new Philox(11, set, errors.ordinal(), 0);
            InverseDepthLine line = fit(points(ds, errors, scatter, random), errors, robust).line();
            heldA += holds(line.intervalOfA(0.95), A);
            heldB += holds(line.intervalOfB(0.95), B);
            heldDepth += holds(line.bar(2, 0.95).line(), middle);
            heldPixel += holds(line.bar(2, 0.95).pixel(), points(new double[] {2}, errors, scatter, random).getFirst()
                    .metres());
        }
        double share = 0.95 * sets;
        // The robust covariance holds for many points; at 24 it is a few per cent short, which is what is allowed here.
        double allowed = robust ? 0.04 * sets : 3.5 * Math.sqrt(sets * 0.95 * 0.05);
        for (int held : new int[] {heldA, heldB, heldDepth, heldPixel}) {
            assertEquals(share, held, allowed, errors + ": " + heldA + " " + heldB + " " + heldDepth + " " + heldPixel);
        }
    }

    private static int holds(InverseDepthLine.Interval interval, double truth) {
        return interval.low() <= truth && truth <= interval.high() ? 1 : 0;
    }

    /** Points that are all known to 4 % are used best by weights z^2, and both a and b are right on average. */
    @Test
    void theSameRelativeErrorIsTreatedRight() {
        double[] spread = new double[PointErrors.values().length];
        double meanA = 0;
        int sets = 1000;
        for (int set = 0; set < sets; set++) {
            List<KnownPoint> points = points(D, PointErrors.RELATIVE, 0.04, new Philox(5, set, 0, 0));
            for (PointErrors errors : PointErrors.values()) {
                double a = fit(points, errors, false).line().a();
                spread[errors.ordinal()] += (a - A) * (a - A) / sets;
                meanA += errors == PointErrors.RELATIVE ? a / sets : 0;
            }
        }
        assertTrue(spread[0] < spread[1] && spread[0] < spread[2], java.util.Arrays.toString(spread));
        assertEquals(A, meanA, A * 0.04 * 0.04 + 4 * Math.sqrt(spread[0] / sets), "but for the bias that is documented");
    }

    @Test
    void threeOfTenWrongPointsDoNotMoveARobustLine() {
        double[] ds = {0.2, 0.5, 0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 3.6, 4.4};
        List<KnownPoint> points = new ArrayList<>(points(ds, PointErrors.RELATIVE, 0.005, new Philox(2, 0, 0, 0)));
        points.set(0, point(ds[0], 60));
        points.set(4, point(ds[4], 0.3));
        points.set(9, point(ds[9], 9));
        InverseDepthFit fit = fit(points, PointErrors.RELATIVE, true);
        assertEquals(A, fit.line().a(), 0.003);
        assertEquals(B, fit.line().b(), 0.003);
        assertEquals(7, fit.kept().size());
        assertEquals(60, Math.rint(fit.residuals().getFirst().point().metres()));
        assertTrue(fit.outlier().isPresent() && fit.residuals().get(4).weight() == 0);
        assertTrue(Math.abs(fit(points, PointErrors.RELATIVE, false).line().b() - B) > 0.05, "plain squares are moved");
    }

    @Test
    void onePointTypedWronglyIsNamed() {
        List<KnownPoint> points = new ArrayList<>(points(D, PointErrors.RELATIVE, 0.01, new Philox(3, 0, 0, 0)));
        assertTrue(fit(points, PointErrors.RELATIVE, false).outlier().isEmpty());
        points.set(5, point(D[5], 1.3 * points.get(5).metres()));
        assertEquals(points.get(5), fit(points, PointErrors.RELATIVE, false).outlier().orElseThrow().point());
        points.set(5, point(D[5], 10 * points.get(5).metres()));
        String said = assertThrows(FathomException.class, () -> fit(points, PointErrors.RELATIVE, false)).getMessage();
        assertTrue(said.startsWith("The line falls") && said.contains("without 1 of them it rises, so check these, above"
                + " all the point 26,5 of a.jpg ("), said);
    }

    /** The interval of 1/z of far points reaches 0: nothing then says how far they may be. */
    @Test
    void aFarEndWithoutALimit() {
        List<KnownPoint> points = List.of(point(0.1, 40), point(2, 2.2), point(3, 1.6), point(5, 1));
        InverseDepthLine line = InverseDepthFit.of(points, new Options(PointErrors.INVERSE, false, 0.05)).line();
        InverseDepthLine.Bar far = line.bar(0.2, 0.95);
        assertEquals(Double.POSITIVE_INFINITY, far.line().high());
        assertTrue(far.line().low() > 0 && far.line().low() < far.metres() && Double.isFinite(far.deviation()));
        InverseDepthLine.Bar near = line.bar(4, 0.95);
        assertTrue(near.line().high() < near.pixel().high() && near.pixel().low() < near.line().low());
        double slope = line.deviation(4) / Math.pow(line.inverseDepth(4), 2);
        assertEquals(slope, near.deviation(), 1e-12);
    }

    @Test
    void twoPointsMakeALineWithoutErrorBars() {
        InverseDepthLine line = fit(points(new double[] {1, 3}, PointErrors.RELATIVE, 0, null), PointErrors.RELATIVE,
                false).line();
        assertEquals(B, line.b(), 1e-14);
        assertFalse(line.hasErrors());
        assertTrue(InverseDepthFit.of(points(new double[] {1, 3}, PointErrors.RELATIVE, 0, null),
                new Options(PointErrors.RELATIVE, false, 0.05)).line().hasErrors(), "unless the scatter is stated");
    }

    @Test
    void pointsThatSayNothingAreRefused() {
        refused("There is no point of known depth");
        refused("There is one point of known depth", point(1, 2));
        refused("At all 3 points the model gives the same number, 1", point(1, 2), point(1, 3), point(1.00001, 2.5));
        refused("The line falls, b = -0.5", point(1, 1), point(2, 2), point(1.5, 1 / 0.75));
        refused("The line has no depth at the point 1,5 of a.jpg", point(0.1, 300), point(2, 400), point(2.2, 20),
                point(2.5, 0.3));
        assertTrue(assertThrows(FathomException.class, () -> fit(List.of(point(1, 2), point(2, 1), point(3, 0.6),
                point(4, 0.4)), PointErrors.RELATIVE, true)).getMessage().startsWith("--robust needs at least 5 points"));
    }

    private static void refused(String beginning, KnownPoint... points) {
        String said = assertThrows(FathomException.class, () -> fit(List.of(points), PointErrors.INVERSE, false))
                .getMessage();
        assertTrue(said.startsWith(beginning), said);
    }
}
