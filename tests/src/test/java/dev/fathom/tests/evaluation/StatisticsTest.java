package dev.fathom.tests.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.numeric.Philox;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Bootstrap.Method;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import dev.fathom.training.metrics.DepthMetric;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Intervals against all resamples counted out, tests against all signs counted out, and coverage. */
class StatisticsTest {
    private static final double[] SKEWED = {1, 2, 4, 8, 16};

    /**
     * All 5^5 resamples counted out: 1.8 % of their means lie below 2.0 and 2.8 % up to it, 97.1 % and 97.7 % for 11.4.
     * The corrected quantiles, with bias 0.0928 and acceleration 0.0663 computed by hand, are 9.43 % and 98.01 %, which
     * fall on 3.0 (8.2 to 10.1 %) and 11.6 (97.7 to 98.4 %).
     */
    @Test
    void intervalsOfAllResamples() {
        Interval percentile = new Bootstrap(50_000, 0.95, Method.PERCENTILE, 1).ofMean(SKEWED);
        assertEquals(new Interval(6.2, 2.0, 11.4), percentile);
        assertEquals(new Interval(6.2, 3.0, 11.6), new Bootstrap(50_000, 0.9, Method.BCA, 1).ofMean(SKEWED));
        assertEquals("6.2000 [2.0000, 11.4000]", percentile.toString());
        assertTrue(percentile.excludes(1.9) && percentile.excludes(11.5) && !percentile.excludes(2));
    }

    @Test
    void theSameSeedGivesTheSame() {
        double[] values = normal(7, 30);
        Bootstrap bootstrap = new Bootstrap(500, 0.95, Method.BCA, 3);
        assertEquals(bootstrap.ofMean(values), bootstrap.ofMean(values));
        assertNotEquals(bootstrap.ofMean(values), new Bootstrap(500, 0.95, Method.BCA, 4).ofMean(values));
        double[] others = normal(8, 30);
        assertEquals(List.of(bootstrap.ofMean(others), bootstrap.ofMean(values)),
                bootstrap.ofMeans(List.of(others, values)), "beside others as alone");
    }

    @Test
    void whatHasNoInterval() {
        Bootstrap bootstrap = new Bootstrap(200, 0.95, Method.BCA, 0);
        Interval one = bootstrap.ofMean(new double[] {3});
        assertEquals(3, one.estimate());
        assertTrue(Double.isNaN(one.low()) && !one.excludes(99));
        assertEquals("3.0000", one.toString());
        assertTrue(Double.isNaN(bootstrap.ofMean(new double[] {1, Double.POSITIVE_INFINITY, 2}).low()));
        assertTrue(Double.isNaN(bootstrap.ofMean(new double[] {1, Double.NaN, 2}).high()));
        assertEquals(new Interval(2, Double.NaN, Double.NaN), bootstrap.ofMean(new double[] {2, 2, 2, 2}), "all alike");
        assertTrue(assertThrows(FathomException.class, () -> new Bootstrap(99, 0.95, Method.BCA, 0)).getMessage()
                .startsWith("--bootstrap is 99"));
        assertTrue(assertThrows(FathomException.class, () -> new Bootstrap(100, 95, Method.BCA, 0)).getMessage()
                .startsWith("--confidence is 95.0"));
    }

    /**
     * Of 400 samples of 30 normal values, 0.95 of the intervals should hold the true mean; of percentile intervals at this
     * size a little less does (Efron and Tibshirani: they are too short by sqrt(29/30) and by the normal for the t, 0.937 in
     * all). Four standard errors of 400 are 0.049. Of a skewed distribution the percentile interval misses mostly on one
     * side, which is what BCa is for.
     */
    @Test
    void coverage() {
        Bootstrap percentile = new Bootstrap(300, 0.95, Method.PERCENTILE, 5);
        Bootstrap bca = new Bootstrap(300, 0.95, Method.BCA, 5);
        double[] normal = covered(percentile, StatisticsTest::normal, 0);
        assertEquals(0.937, 1 - normal[0] - normal[1], 0.049);
        double[] plain = covered(percentile, StatisticsTest::exponential, 1);
        double[] corrected = covered(bca, StatisticsTest::exponential, 1);
        assertTrue(plain[0] > plain[1], "too low more often than too high: " + Arrays.toString(plain));
        assertTrue(Math.abs(corrected[0] - corrected[1]) < Math.abs(plain[0] - plain[1]), Arrays.toString(corrected));
        assertEquals(0.93, 1 - corrected[0] - corrected[1], 0.049);
    }

    private interface Draw {
        double[] of(int key, int n);
    }

    /** Shares of intervals that lie below and above the true mean. */
    private static double[] covered(Bootstrap bootstrap, Draw draw, double mean) {
        double[] missed = new double[2];
        for (int sample = 0; sample < 400; sample++) {
            Interval interval = bootstrap.ofMean(draw.of(sample, 30));
            missed[0] += interval.high() < mean ? 1 / 400.0 : 0;
            missed[1] += interval.low() > mean ? 1 / 400.0 : 0;
        }
        return missed;
    }

    private static double[] normal(int key, int n) {
        Philox random = new Philox(11, key, 0, 0);
        double[] values = new double[n];
        Arrays.setAll(values, i -> random.nextGaussian());
        return values;
    }

    private static double[] exponential(int key, int n) {
        Philox random = new Philox(12, key, 0, 0);
        double[] values = new double[n];
        Arrays.setAll(values, i -> -Math.log(1 - random.nextDouble()));
        return values;
    }

    private static PairedComparison compare(double... differences) {
        return PairedComparison.of(DepthMetric.ABS_REL, new double[differences.length], differences,
                new Bootstrap(200, 0.95, Method.BCA, 0));
    }

    /** Lower is better: a negative difference is a win of the second. */
    @Test
    void pairsByHand() {
        PairedComparison five = compare(-1, -2, -3, -4, -5);
        assertEquals(5, five.wins());
        assertEquals(0, five.losses());
        assertEquals(-3, five.difference().estimate());
        assertEquals(2 / 32.0, five.signP(), 1e-15);
        assertEquals(2 / 32.0, five.wilcoxonP(), 1e-15);
        assertTrue(five.isClear() && five.secondIsBetter());
        // Signs of ranks 1 2 3: W = 3 in a row of 0 1 2 3 3 4 5 6, so all is as far from the middle.
        PairedComparison three = compare(-1, -2, 3);
        assertEquals(1, three.wilcoxonP());
        assertEquals(1, three.signP(), 1e-15);
        assertFalse(three.isClear());
        PairedComparison none = compare(0, 0, 0);
        assertEquals(List.of(0, 0), List.of(none.wins(), none.losses()));
        assertEquals(1, none.signP());
        assertEquals(1, none.wilcoxonP());
        assertFalse(none.isClear());
        double[] two = new double[12];
        Arrays.fill(two, 1);
        two[3] = -1;
        two[8] = -1;
        assertEquals(0.03857421875, compare(two).signP(), 1e-14);
        assertTrue(Double.isNaN(compare(1, Double.NaN).wilcoxonP()));
        double[] infinite = {Double.POSITIVE_INFINITY, 1};
        assertEquals(1, PairedComparison.of(DepthMetric.D1, infinite, new double[] {Double.POSITIVE_INFINITY, 2},
                new Bootstrap(100, 0.9, Method.PERCENTILE, 0)).wins(), "equal infinities are equal");
    }

    /** 2000 images, 950 won: terms far below the least double take part. */
    @Test
    void theSignTestOfManyImages() {
        double[] differences = new double[2000];
        Arrays.fill(differences, 1);
        Arrays.fill(differences, 0, 950, -1);
        assertEquals(0.026824146240280695, compare(differences).signP(), 1e-12);
    }

    /** Every choice of signs of the same magnitudes, ties and zeros included. */
    @Property(tries = 60)
    void wilcoxonCountsAllSigns(@ForAll @Size(min = 1, max = 9) List<@IntRange(min = -4, max = 4) Integer> values) {
        double[] d = values.stream().filter(v -> v != 0).mapToDouble(v -> v).toArray();
        double middle = ranksOfPositive(d, (1 << d.length) - 1, true) / 2;
        double distance = Math.abs(ranksOfPositive(d, 0, false) - middle);
        int asFar = 0;
        for (int signs = 0; signs < 1 << d.length; signs++) {
            asFar += Math.abs(ranksOfPositive(d, signs, true) - middle) >= distance - 1e-9 ? 1 : 0;
        }
        assertEquals((double) asFar / (1 << d.length), compare(values.stream().mapToDouble(v -> v).toArray())
                .wilcoxonP(), 1e-14);
    }

    private static double ranksOfPositive(double[] d, int signs, boolean chosen) {
        double sum = 0;
        for (int i = 0; i < d.length; i++) {
            double rank = 0.5;
            for (double other : d) {
                rank += Math.abs(other) < Math.abs(d[i]) ? 1 : Math.abs(other) == Math.abs(d[i]) ? 0.5 : 0;
            }
            sum += (chosen ? (signs >> i & 1) == 1 : d[i] > 0) ? rank : 0;
        }
        return sum;
    }

    /** Beyond 100 differences a normal distribution stands for counting, here done by hand for ranks 1 to 120. */
    @Test
    void manyDifferences() {
        double[] d = normal(3, 120);
        Arrays.setAll(d, i -> d[i] + 0.2);
        int w = (int) Math.round(ranksOfPositive(d, 0, false));
        double[] ways = new double[120 * 121 / 2 + 1];
        ways[0] = 1;
        for (int rank = 1; rank <= 120; rank++) {
            for (int sum = ways.length - 1; sum >= 0; sum--) {
                ways[sum] = (ways[sum] + (sum >= rank ? ways[sum - rank] : 0)) / 2;
            }
        }
        double exact = 2 * Arrays.stream(ways, 0, Math.min(w, ways.length - 1 - w) + 1).sum();
        assertTrue(exact > 0.001 && exact < 0.2, "a p value that matters: " + exact);
        assertEquals(exact, compare(d).wilcoxonP(), 0.001 * exact);
    }
}
