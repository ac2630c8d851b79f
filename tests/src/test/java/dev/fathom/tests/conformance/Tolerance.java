package dev.fathom.tests.conformance;

import dev.fathom.engine.reference.NdArray;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * How far a float32 kernel may be from the float64 specification.
 *
 * <p>Let u = 2<sup>-24</sup>, the largest relative error of one rounding to float32, and n the number of terms that an
 * element adds up. Roundings behave like independent random errors, so n of them grow like sqrt(n), not like n. Two
 * effects remain:
 * <ul>
 * <li>partial sums are rounded relative to their own size, which is about that of the largest result: u * max|y|;
 * <li>where terms cancel, the result is small and its error is not. How much, we ask the specification itself: multiply
 * every input by 1 + u or 1 - u, at random, and see how far the result goes (m, the largest move of any element in
 * several tries). No float32 kernel can know its inputs better than that.
 * </ul>
 * So an element may be off by C * sqrt(n) * (u * max|y| + m), with C = {@value #C}. Where a row asks for more,
 * {@code ROUNDED(k)} allows k * u * |y| for each element by itself, and {@code EXACT} nothing but one rounding of the
 * specification's value.
 *
 * <p>For gradients, the tries also move every tensor that passes from one operation to the next, as its rounding to
 * float32 does (tanh's gradient 1 - y^2 near y = 1 is the example to think of).
 */
final class Tolerance {
    /** The constant in front; measured ratios are in tests/README.md. */
    static final double C = 4;
    /** Unit roundoff of float32. */
    static final double U = 0x1p-24;

    private Tolerance() {
    }

    /**
     * Limits for every tensor of a result.
     *
     * @param y the exact results
     * @param moved results that moved because inputs or stored values did, one list a try
     * @param n number of terms an element of each result adds up
     */
    static double[] limits(List<NdArray> y, List<List<NdArray>> moved, double[] n) {
        double[] limits = new double[y.size()];
        for (int k = 0; k < limits.length; k++) {
            double m = 0;
            for (List<NdArray> other : moved) {
                m = Math.max(m, distance(y.get(k).data(), other.get(k).data()));
            }
            limits[k] = C * Math.sqrt(n[k]) * (U * largest(y.get(k).data()) + m);
        }
        return limits;
    }

    /** How many tries: a few values could by chance all move in the same way, many cannot. */
    static int tries(List<NdArray> inputs) {
        return inputs.stream().mapToLong(a -> a.data().length).sum() < 200 ? 5 : 2;
    }

    /** Every value times 1 + u or 1 - u. */
    static double[] nudge(double[] values, Random random) {
        double[] moved = values.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] *= random.nextBoolean() ? 1 + U : 1 - U;
        }
        return moved;
    }

    private static double largest(double[] values) {
        double most = 0;
        for (double v : values) {
            most = Math.max(most, Math.abs(v));
        }
        return most;
    }

    private static double distance(double[] a, double[] b) {
        double most = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return most;
    }

    /**
     * Fails where an element is further than {@code limit} from the exact one. Returns the worst part of the limit that
     * was used.
     */
    static double check(String what, double[] exact, double[] actual, double limit) {
        double worst = 0;
        for (int i = 0; i < exact.length; i++) {
            double d = Math.abs(exact[i] - actual[i]);
            if (!(d <= limit)) {
                throw off(what, i, exact, actual, limit);
            }
            worst = limit == 0 ? worst : Math.max(worst, d / limit);
        }
        return worst;
    }

    /** Fails where an element is more than {@code k} roundings from its own exact value. */
    static double checkRounded(String what, double[] exact, double[] actual, double k) {
        double worst = 0;
        for (int i = 0; i < exact.length; i++) {
            double limit = k * Math.max(U * Math.abs(exact[i]), Float.MIN_VALUE);
            double d = Math.abs(exact[i] - actual[i]);
            if (!(d <= limit) && exact[i] != actual[i]) {
                throw off(what, i, exact, actual, limit);
            }
            worst = Math.max(worst, d / limit);
        }
        return worst;
    }

    /** Fails where an element is not the exact one rounded once to float32. */
    static void checkExact(String what, double[] exact, double[] actual) {
        for (int i = 0; i < exact.length; i++) {
            if (Double.compare((float) exact[i], actual[i]) != 0) {
                throw off(what, i, exact, actual, 0);
            }
        }
    }

    private static AssertionError off(String what, int i, double[] exact, double[] actual, double limit) {
        return new AssertionError(String.format(Locale.ROOT,
                "%s: element %d of %d is %.9g, the specification says %.12g (off by %.3g, "
                + "allowed %.3g)", what, i, exact.length, actual[i], exact[i], Math.abs(exact[i] - actual[i]), limit));
    }
}
