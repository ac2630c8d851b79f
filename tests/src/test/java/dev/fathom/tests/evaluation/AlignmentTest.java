package dev.fathom.tests.evaluation;

import static dev.fathom.tests.evaluation.Scoring.protocol;
import static dev.fathom.tests.evaluation.Scoring.score;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Fitting;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.Fit;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.metrics.DepthMetric;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Assertions;

/** What is fitted to the truth: planted factors and shifts are found, and fits are what their definitions say. */
class AlignmentTest {
    /** Half a unit in the last place of a float, relative. */
    private static final double U = 0x1p-24;

    /** What may be fitted to a prediction of some kind. */
    record Case(Space space, Alignment alignment, Fitting fitting, PredictedQuantity quantity) {
        Protocol protocol() {
            return Scoring.protocol(space, alignment, fitting);
        }

        boolean inDisparity() {
            return protocol().fitSpace() == Space.DISPARITY;
        }
    }

    @Provide
    static Arbitrary<Case> cases() {
        return Combinators.combine(Arbitraries.of(Space.class), Arbitraries.of(Alignment.class).filter(a -> a
                != Alignment.NONE), Arbitraries.of(Fitting.class)).as((space, alignment, fitting) -> {
                    Space fit = protocol(space, alignment, fitting).fitSpace();
                    return new Case(space, alignment, fitting, fit == Space.DISPARITY ? PredictedQuantity.RELATIVE_DISPARITY
                            : PredictedQuantity.RELATIVE_DEPTH);
                });
    }

    /** Depths from 0.5 to 9.5 m. */
    private static float[] truth(int seed, int pixels) {
        Random random = new Random(seed);
        float[] truth = new float[pixels];
        for (int i = 0; i < pixels; i++) {
            truth[i] = 0.5f + 9 * random.nextFloat();
        }
        return truth;
    }

    /**
     * p = (q - shift) / scale of the quantity q is rounded to float32: at most U (|q| + |shift|) / scale, which the
     * scale makes U (|q| + |shift|) again, at most 3 U in 1/m and 11 U in m; and the result is rounded once more. Relative
     * to the smallest q, 0.1/m or 0.5 m, that is less than 32 U; the fit averages such errors.
     */
    @Property(tries = 60)
    void aPlantedFitIsFound(@ForAll("cases") Case c, @ForAll int seed, @ForAll @IntRange(min = 10, max = 300) int pixels,
            @ForAll @DoubleRange(min = 0.1, max = 10) double scale, @ForAll @DoubleRange(min = -1, max = 1) double offset) {
        double shift = c.alignment.isAffine() ? offset : 0;
        float[] truth = truth(seed, pixels);
        float[] prediction = new float[pixels];
        for (int i = 0; i < pixels; i++) {
            double q = c.inDisparity() ? 1.0 / truth[i] : truth[i];
            prediction[i] = (float) ((q - shift) / scale);
        }
        Scored scored = score(c.protocol(), c.quantity, prediction, truth);
        double limit = 64 * U;
        assertEquals(1, scored.metrics().orElseThrow().get(DepthMetric.D1));
        assertTrue(scored.metrics().get().get(DepthMetric.ABS_REL) < limit, scored.metrics().toString());
        Fit fit = scored.fit().orElseThrow();
        // A wrong slope is a tilt about the middle of the values; their deviation is not below a tenth of their range.
        double tilt = (c.inDisparity() ? 2 : 10) * 11 * U / (0.1 * deviation(truth, c.inDisparity())) * 10;
        assertEquals(scale, fit.scale(), scale * tilt);
        assertEquals(shift, fit.shift(), 20 * tilt);
    }

    private static double deviation(float[] truth, boolean inverse) {
        double[] q = IntStream.range(0, truth.length).mapToDouble(i -> inverse ? 1.0 / truth[i] : truth[i]).toArray();
        double mean = Arrays.stream(q).average().orElseThrow();
        return Math.sqrt(Arrays.stream(q).map(x -> (x - mean) * (x - mean)).average().orElseThrow());
    }

    /** What is fitted away cannot matter: another unit and another zero of the prediction change no number. */
    @Property(tries = 60)
    void theNumbersDoNotDependOnThePredictionsUnit(@ForAll("cases") Case c, @ForAll int seed,
            @ForAll @DoubleRange(min = 0.1, max = 10) double scale, @ForAll @DoubleRange(min = 0, max = 2) double offset) {
        double shift = c.alignment.isAffine() ? offset : 0;
        float[] truth = truth(seed, 200);
        Random noise = new Random(seed + 1L);
        float[] one = new float[200];
        float[] other = new float[200];
        for (int i = 0; i < 200; i++) {
            one[i] = (float) ((c.inDisparity() ? 1.0 / truth[i] : truth[i]) * (0.8 + 0.4 * noise.nextDouble()));
            other[i] = (float) (scale * one[i] + shift);
        }
        Scored a = score(c.protocol(), c.quantity, one, truth);
        Scored b = score(c.protocol(), c.quantity, other, truth);
        for (DepthMetric metric : new DepthMetric[] {DepthMetric.ABS_REL, DepthMetric.RMSE, DepthMetric.MAE}) {
            double value = a.metrics().orElseThrow().get(metric);
            // The other is rounded to U (|value| + |shift|) / scale: up to 120 U of a value of 0.1.
            assertEquals(value, b.metrics().orElseThrow().get(metric), Math.abs(value) * 1e-3 + 1e-4, metric.key());
        }
    }

    /** Against the normal equations in 50 digits, as MiDaS writes them: det = a00 a11 - a01^2. */
    @Property(tries = 40)
    void leastSquaresAgreeWithTheNormalEquationsInFiftyDigits(@ForAll int seed,
            @ForAll @IntRange(min = 10, max = 60) int pixels, @ForAll @DoubleRange(min = 0, max = 1000) double far) {
        float[] truth = truth(seed, pixels);
        Random random = new Random(seed);
        float[] p = new float[pixels];
        for (int i = 0; i < pixels; i++) {
            p[i] = (float) (far + random.nextDouble());
        }
        MathContext digits = new MathContext(50);
        BigDecimal a00 = BigDecimal.ZERO;
        BigDecimal a01 = BigDecimal.ZERO;
        BigDecimal b0 = BigDecimal.ZERO;
        BigDecimal b1 = BigDecimal.ZERO;
        for (int i = 0; i < pixels; i++) {
            BigDecimal x = new BigDecimal(p[i]);
            BigDecimal t = new BigDecimal(truth[i]);
            a00 = a00.add(x.multiply(x));
            a01 = a01.add(x);
            b0 = b0.add(x.multiply(t));
            b1 = b1.add(t);
        }
        BigDecimal a11 = BigDecimal.valueOf(pixels);
        BigDecimal det = a00.multiply(a11).subtract(a01.multiply(a01));
        double scale = a11.multiply(b0).subtract(a01.multiply(b1)).divide(det, digits).doubleValue();
        double shift = a00.multiply(b1).subtract(a01.multiply(b0)).divide(det, digits).doubleValue();
        Fit fit = fit(Alignment.AFFINE, Fitting.LEAST_SQUARES, p, truth);
        // The mean is rounded to 2^-53 of itself, up to 1000 times the deviation, and so are the differences from it.
        assertEquals(scale, fit.scale(), 1e-10 * (1 + Math.abs(scale)));
        assertEquals(shift, fit.shift(), 1e-10 * (1 + Math.abs(shift) + far * (1 + Math.abs(scale))));
        double only = b0.divide(a00, digits).doubleValue();
        assertEquals(only, fit(Alignment.SCALE, Fitting.LEAST_SQUARES, p, truth).scale(), 1e-13 * Math.abs(only));
    }

    private static Fit fit(Alignment alignment, Fitting fitting, float[] prediction, float[] truth) {
        return score(protocol(Space.DEPTH, alignment, fitting), PredictedQuantity.RELATIVE_DEPTH, prediction, truth).fit()
                .orElseThrow();
    }

    /** The robust fits by what they promise: the same middle and the same mean distance from it. */
    @Property(tries = 40)
    void robustFitsMakeMiddlesAndDeviationsEqual(@ForAll int seed, @ForAll @IntRange(min = 10, max = 99) int pixels) {
        float[] truth = truth(seed, pixels);
        float[] p = truth(seed + 1, pixels);
        double[] t = doubles(truth);
        Fit affine = fit(Alignment.AFFINE, Fitting.ROBUST, p, truth);
        double[] aligned = Arrays.stream(doubles(p)).map(x -> affine.scale() * x + affine.shift()).toArray();
        assertEquals(median(t), median(aligned), 1e-12);
        assertEquals(absolute(t), absolute(aligned), 1e-12);
        Fit median = fit(Alignment.MEDIAN, Fitting.LEAST_SQUARES, p, truth);
        assertEquals(median(t), median(Arrays.stream(doubles(p)).map(x -> median.scale() * x).toArray()), 1e-12);
        double scale = fit(Alignment.SCALE, Fitting.ROBUST, p, truth).scale();
        long below = IntStream.range(0, pixels).filter(i -> t[i] < scale * p[i] * (1 - 1e-12)).count();
        long above = IntStream.range(0, pixels).filter(i -> t[i] > scale * p[i] * (1 + 1e-12)).count();
        assertEquals(below, above, "half of the pixels want less");
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    private static double median(double[] values) {
        double[] sorted = Arrays.stream(values).sorted().toArray();
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    private static double absolute(double[] values) {
        double middle = median(values);
        return Arrays.stream(values).map(x -> Math.abs(x - middle)).average().orElseThrow();
    }

    @Example
    void aFewFarPixelsMoveTheRobustFitLess() {
        float[] truth = truth(3, 200);
        float[] p = truth.clone();
        for (int i = 0; i < 6; i++) {
            p[i] = 60;
        }
        double squares = Math.abs(fit(Alignment.AFFINE, Fitting.LEAST_SQUARES, p, truth).scale() - 1);
        double robust = Math.abs(fit(Alignment.AFFINE, Fitting.ROBUST, p, truth).scale() - 1);
        assertTrue(robust < squares / 2, robust + " against " + squares);
        assertTrue(Math.abs(fit(Alignment.SCALE, Fitting.ROBUST, p, truth).scale() - 1) < 1e-6);
    }

    @Example
    void whatDeterminesNoFitIsSkippedAndSaysWhy() {
        float[] truth = truth(4, 20);
        float[] zeros = new float[20];
        float[] same = new float[20];
        Arrays.fill(same, 0.1f);
        float[] nothing = new float[20];
        Arrays.fill(nothing, Float.NaN);
        String constant = "the prediction is the same at every pixel that counts, so no scale and shift fit";
        assertSkipped(constant, Alignment.AFFINE, Fitting.LEAST_SQUARES, same, truth);
        assertSkipped(constant, Alignment.AFFINE, Fitting.ROBUST, same, truth);
        assertSkipped("the prediction is 0 at every pixel that counts, so no scale fits", Alignment.SCALE,
                Fitting.LEAST_SQUARES, zeros, truth);
        assertSkipped("the prediction is 0 at every pixel that counts, so no scale fits", Alignment.SCALE, Fitting.ROBUST,
                zeros, truth);
        assertSkipped("the median of the prediction is 0, so no scale fits", Alignment.MEDIAN, Fitting.LEAST_SQUARES, zeros,
                truth);
        assertSkipped("fewer than 10 pixels that count have a prediction that can be fitted", Alignment.AFFINE,
                Fitting.ROBUST, nothing, truth);
        assertSkipped("fewer than 10 pixels with a depth in range", Alignment.AFFINE, Fitting.ROBUST, new float[9],
                truth(1, 9));
    }

    private static void assertSkipped(String why, Alignment alignment, Fitting fitting, float[] p, float[] truth) {
        Scored scored = score(protocol(Space.DEPTH, alignment, fitting), PredictedQuantity.RELATIVE_DEPTH, p, truth);
        Assertions.assertEquals(why, scored.skipped().orElseThrow());
        assertTrue(scored.metrics().isEmpty() && scored.fit().isEmpty());
    }

    /** Marigold's least_square_disparity, written out: align, at least 1e-3, invert, into the range. */
    @Example
    void affineDisparityWithClampIsMarigoldsAndMiDaSs() {
        float[] truth = truth(5, 300);
        Random random = new Random(6);
        float[] p = new float[300];
        for (int i = 0; i < 300; i++) {
            p[i] = (float) (1.0 / truth[i] + 0.5 * random.nextGaussian());
        }
        Scored scored = score(protocol(Space.DEPTH, Alignment.AFFINE_DISPARITY, Fitting.LEAST_SQUARES, true),
                PredictedQuantity.RELATIVE_DISPARITY, p, truth);
        Fit fit = scored.fit().orElseThrow();
        int beyond = 0;
        for (int i = 0; i < 300; i++) {
            double disparity = fit.scale() * p[i] + fit.shift();
            beyond += disparity <= 0 ? 1 : 0;
            double depth = Math.clamp(1 / Math.max(1e-3, disparity), 1e-3, 10.0);
            assertEquals(depth, scored.prediction()[i], 10 * U, "pixel " + i);
        }
        assertTrue(beyond > 3, beyond + " pixels are aligned to a disparity of 0 or less");
    }
}
