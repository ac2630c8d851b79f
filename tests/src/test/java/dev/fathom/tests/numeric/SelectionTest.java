package dev.fathom.tests.numeric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.numeric.Philox;
import dev.fathom.engine.numeric.Selection;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The value at a place among sorted ones, and the median: what a sort says. */
class SelectionTest {
    /** Random, sorted, falling, with few different values, all the same, up and down, one far off, infinities. */
    private static double[][] arrays(int n) {
        Philox random = new Philox(4, n, 0, 0);
        IntToDoubleFunction[] kinds = {i -> random.nextGaussian(), i -> i, i -> -i, i -> random.nextInt(3), i -> 7,
            i -> Math.min(i, n - i), i -> i == n / 3 ? 1e300 : i % 17,
            i -> i % 5 == 0 ? Double.POSITIVE_INFINITY : i % 7 == 0 ? Double.NEGATIVE_INFINITY : random.nextFloat()};
        return Arrays.stream(kinds).map(kind -> {
            double[] values = new double[n];
            Arrays.setAll(values, kind);
            return values;
        }).toArray(double[][]::new);
    }

    @Test
    void everyPlaceIsAsSorted() {
        for (int n : new int[] {1, 2, 3, 31, 32, 33, 34, 100, 1001}) {
            for (double[] values : arrays(n)) {
                double[] sorted = values.clone();
                Arrays.sort(sorted);
                for (int place = 0; place < n; place += 1 + n / 40) {
                    double[] mine = values.clone();
                    assertEquals(sorted[place], Selection.select(mine, place));
                    for (int i = 0; i < n; i++) {
                        assertTrue(i < place ? mine[i] <= sorted[place] : mine[i] >= sorted[place], "split at " + place);
                    }
                    Arrays.sort(mine);
                    assertEquals(-1, Arrays.mismatch(sorted, mine), "the same values");
                }
            }
        }
    }

    @Test
    void mediansAreNumPys() {
        assertEquals(2.5, Selection.median(new double[] {4, 1, 3, 2}));
        assertEquals(3, Selection.median(new double[] {4, 1, 3}));
        for (int n : new int[] {300_000, 299_999}) {
            double[] values = arrays(n)[0];
            double[] sorted = values.clone();
            Arrays.sort(sorted);
            double median = n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
            assertEquals(median, Selection.median(values));
        }
    }
}
