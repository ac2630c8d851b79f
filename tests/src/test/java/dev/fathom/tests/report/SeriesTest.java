package dev.fathom.tests.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.tools.report.Series;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A thinned curve has no more points than a chart can show, and loses no extreme. */
class SeriesTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 511, 512, 513, 1025, 100_000})
    void nothingIsLostButDetail(int n) {
        SplittableRandom random = new SplittableRandom(n);
        Series series = new Series();
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextDouble() + (i == n / 3 ? 100 : 0) - (i == n / 2 ? 100 : 0);
            series.add(i + 1, values[i]);
        }
        double[] x = series.x();
        assertTrue(x.length <= 512 && x.length >= Math.min(n, 256), x.length + " buckets");
        assertEquals(n, series.count());
        for (int i = 1; i < x.length; i++) {
            assertTrue(x[i] > x[i - 1], "x ascends");
        }
        if (n == 0) {
            assertTrue(Double.isNaN(series.least()) && Double.isNaN(series.last()));
            return;
        }
        double most = Arrays.stream(values).max().orElseThrow();
        assertEquals(most, series.greatest());
        assertEquals(most, Arrays.stream(series.high()).max().orElseThrow());
        double least = Arrays.stream(values).min().orElseThrow();
        assertEquals(least, series.least());
        assertEquals(least, Arrays.stream(series.low()).min().orElseThrow());
        assertEquals(values[n - 1], series.last());
        assertEquals(Arrays.stream(values).average().orElseThrow(), series.mean(1, true), 1e-9);
        if (n <= 512) {
            assertArrayEquals(values, series.low());
            assertArrayEquals(values, series.high());
        }
        for (int i = 0; i < x.length; i++) {
            assertTrue(series.low()[i] <= series.high()[i]);
        }
        Series doubled = series.times(2);
        for (int i = 0; i < x.length; i++) {
            assertEquals(2 * series.smoothed()[i], doubled.smoothed()[i], 1e-9);
            assertEquals(2 * series.high()[i], doubled.high()[i]);
        }
    }

    @Test
    void smoothingKeepsALevelAndAStraightLine() {
        Series level = new Series();
        Series slope = new Series();
        for (int i = 0; i < 5000; i++) {
            level.add(i, 3);
            slope.add(i, 2 * i);
        }
        for (double value : level.smoothed()) {
            assertEquals(3, value, 1e-12);
        }
        double[] smooth = slope.smoothed();
        double[] low = slope.low();
        double[] high = slope.high();
        for (int i = 20; i < smooth.length - 20; i++) {
            assertEquals((low[i] + high[i]) / 2, smooth[i], 1e-6, "bucket " + i);
        }
    }

    @Test
    void whatIsNotFiniteIsCountedAndPlaced() {
        Series series = new Series();
        for (int i = 0; i < 3000; i++) {
            series.add(i, i == 1000 ? Double.NaN : i == 2000 ? Double.POSITIVE_INFINITY : 1);
        }
        assertEquals(2, series.nonFinite());
        assertArrayEquals(new double[] {1000, 2000}, series.nonFinitePlaces());
        assertEquals(1, series.greatest());
        Series all = new Series();
        all.add(1, Double.NaN);
        assertTrue(Double.isNaN(all.smoothed()[0]) && Double.isNaN(all.high()[0]) && Double.isNaN(all.last()));
    }
}
