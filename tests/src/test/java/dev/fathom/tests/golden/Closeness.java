package dev.fathom.tests.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;

/** Comparing with a golden: by the largest deviation AND by the root mean square, or bit for bit. */
public final class Closeness {
    private Closeness() {
    }

    /**
     * Fails unless both deviations are within the limits that the case gives. A limit of 0 asks for equal values.
     *
     * @param what what is compared, for the message
     */
    public static void assertWithin(double[] expected, double[] actual, double tolAbs, double tolRms, String what) {
        assertEquals(expected.length, actual.length, what + ": number of elements");
        double max = 0;
        double squares = 0;
        int worst = 0;
        for (int i = 0; i < expected.length; i++) {
            double d = Math.abs(expected[i] - actual[i]);
            if (!(d <= max)) {          // also for NaN
                max = d;
                worst = i;
            }
            squares += d * d;
        }
        double rms = expected.length == 0 ? 0 : Math.sqrt(squares / expected.length);
        if (expected.length > 0) {
            assertTrue(max <= tolAbs, String.format(Locale.ROOT,
                    "%s: largest deviation %.3g at element %d (%.9g, expected %.9g), limit %.3g",
                    what, max, worst, actual[worst], expected[worst], tolAbs));
        }
        assertTrue(rms <= tolRms || tolAbs == 0 && rms == 0,
                String.format(Locale.ROOT, "%s: rms deviation %.3g, limit %.3g", what, rms, tolRms));
    }

    /**
     * Fails unless {@code actual}, computed in float64, is what was rounded once to float32: within half a unit in the
     * last place of each expected value, plus 1e-11 of the largest for sums that were done in another order.
     */
    public static void assertRoundsTo(double[] expected, double[] actual, String what) {
        assertEquals(expected.length, actual.length, what + ": number of elements");
        double largest = 0;
        for (double e : expected) {
            largest = Math.max(largest, Math.abs(e));
        }
        for (int i = 0; i < expected.length; i++) {
            double limit = 0.5000001 * Math.ulp((float) expected[i]) + 1e-11 * largest;
            double d = Math.abs(expected[i] - actual[i]);
            if (!(d <= limit)) {
                throw new AssertionError(String.format(Locale.ROOT,
                        "%s in float64: element %d is %.17g, expected %.9g rounded once (off by %.3g, limit %.3g)",
                        what, i, actual[i], expected[i], d, limit));
            }
        }
    }
}
