package dev.fathom.tests.probe;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.probe.LrCurve;
import dev.fathom.training.probe.LrRangeTest;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * Suggestions from a curve against fastai's rules, whose numbers were worked out in Python from their definition (the
 * longest descending subsequence by dynamic programming, the smallest slope over the logarithm of the rate).
 */
class LrCurveTest {
    private static LrCurve curve(double from, double to, int planned, int taken, IntToDoubleFunction loss) {
        double[] rates = new double[taken];
        double[] losses = new double[taken];
        Arrays.setAll(rates, new LrRangeTest(from, to, planned)::rate);
        Arrays.setAll(losses, loss);
        return new LrCurve(rates, losses, planned);
    }

    @Test
    void suggestsAsFastaiDoes() {
        LrCurve whole = curve(1e-6, 1e-2, 60, 60, i -> 1 + 7 * i % 11 / 40.0 - (i >= 45 ? 0.6 : i >= 15 ? 0.02 * (i - 15)
                : 0) + (i > 48 ? 0.5 * (i - 48) : 0));
        assertEquals(0.00010811807510766077, whole.valley().orElseThrow(), 1e-17);
        assertEquals(0.0008227241341700465, whole.steepest().orElseThrow(), 1e-16);
        LrCurve cut = curve(1e-7, 1, 100, 47, i -> i == 46 ? 40 : 2 - 0.03 * Math.max(0, i - 5) + 5 * i % 7 / 20.0);
        assertEquals(5.857020818056668e-06, cut.valley().orElseThrow(), 1e-18);
        assertEquals(8.302175681319747e-07, cut.steepest().orElseThrow(), 1e-19);
    }

    @Test
    void aLossThatNeverFallsSuggestsNothing() {
        assertFalse(curve(1e-6, 1, 40, 40, i -> 1 + 0.1 * i).fell());
        assertTrue(curve(1e-6, 1, 40, 40, i -> 1 + 0.1 * i).valley().isEmpty());
        assertTrue(curve(1e-6, 1, 40, 40, i -> 1).steepest().isEmpty());
        assertTrue(curve(1e-6, 1, 40, 5, i -> 1 - 0.1 * i).valley().isEmpty(), "too short to look at");
        assertTrue(curve(1e-6, 1, 40, 0, i -> 1).valley().isEmpty());
    }

    @Test
    void divergenceIsFourTimesTheLowestSmoothedLoss() {
        // The second smoothed loss is (0.98 * 1 + x) / 1.98.
        assertFalse(curve(1e-6, 1, 40, 2, i -> i == 0 ? 1 : 4 * 1.98 - 0.98 - 0.01).diverged());
        assertTrue(curve(1e-6, 1, 40, 2, i -> i == 0 ? 1 : 4 * 1.98 - 0.98 + 0.01).diverged());
    }

    /** Whatever the losses: suggestions are rates of the part that is looked at; smoothing keeps constants. */
    @Property(tries = 100)
    void suggestionsAreRatesThatWereTried(@ForAll @IntRange(min = 20, max = 120) int steps, @ForAll long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        LrCurve curve = curve(1e-7, 1, steps, steps, i -> 1 + random.nextDouble());
        for (double rate : new double[] {curve.valley().orElse(curve.rates()[steps / 10]),
                curve.steepest().orElse(curve.rates()[steps / 10])}) {
            assertTrue(Arrays.stream(curve.rates(), steps / 10, steps - 5).anyMatch(r -> r == rate));
        }
        LrCurve level = curve(1e-7, 1, steps, steps, i -> 3);
        double[] threes = new double[steps];
        Arrays.fill(threes, 3);
        assertArrayEquals(threes, level.smoothed(), 1e-12);
    }

    @Property(tries = 100)
    void ratesGrowByOneFactorFromEndToEnd(@ForAll @IntRange(min = 20, max = 500) int steps) {
        LrRangeTest test = new LrRangeTest(1e-7, 10, steps);
        assertEquals(1e-7, test.rate(0));
        assertEquals(10, test.rate(steps - 1), 1e-13);
        double factor = Math.pow(1e8, 1.0 / (steps - 1));
        for (int i = 1; i < steps; i++) {
            assertEquals(factor, test.rate(i) / test.rate(i - 1), 1e-12 * factor);
        }
    }

    @Test
    void refusesRangesThatAreNone() {
        assertThrows(FathomException.class, () -> new LrRangeTest(0, 1, 100));
        assertThrows(FathomException.class, () -> new LrRangeTest(1e-3, 1e-3, 100));
        assertThrows(FathomException.class, () -> new LrRangeTest(1e-3, Double.POSITIVE_INFINITY, 100));
        assertThrows(FathomException.class, () -> new LrRangeTest(1e-3, 1, 19));
    }
}
