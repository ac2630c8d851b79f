package dev.fathom.tests.conformance;

import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * How far a float32 kernel may be from the float64 specification.
 *
 * <p>Let u = 2<sup>-24</sup>, the largest relative error of one rounding to float32, and n the number of terms that an output element adds
 * up. Roundings behave like independent random errors, so n of them grow like sqrt(n), not like n. Two effects remain:
 * <ul>
 * <li>partial sums are rounded relative to their own size, which is about that of the largest result: u * max|y|;
 * <li>where terms cancel, the result is small and its error is not. How much is seen by asking the specification itself: move every input
 * by a random relative error of at most u and see how far the result goes (m, the larger of two tries). No float32 kernel can know its
 * inputs better than that.
 * </ul>
 * So an element of a tensor may be off by C * sqrt(n) * (u * max|y| + max m), with C = {@value #C}. {@code ROUNDED(k)} is sharper: k * u *
 * |y| for each element by itself. {@code EXACT} is equality of bits after one rounding of the specification's value.
 */
final class Tolerance {
    /** The constant in front; measured ratios are in tests/README.md. */
    static final double C = 2;
    /** Unit roundoff of float32. */
    static final double U = 0x1p-24;

    private Tolerance() {
    }

    /** The function whose float32 twin is judged. */
    @FunctionalInterface
    interface Exact {
        List<NdArray> at(List<NdArray> in);
    }

    /**
     * Limits for every output tensor.
     *
     * @param n number of terms an element of each output adds up
     */
    static double[] limits(Exact function, List<NdArray> in, List<NdArray> y, double[] n, boolean[] isFloat) {
        double[] moved = new double[y.size()];
        Random random = new Random(7);
        for (int attempt = 0; attempt < 2; attempt++) {
            List<NdArray> nudged = new ArrayList<>();
            for (int i = 0; i < in.size(); i++) {
                nudged.add(isFloat[i] ? nudge(in.get(i), random) : in.get(i));
            }
            List<NdArray> other = function.at(nudged);
            for (int k = 0; k < moved.length; k++) {
                moved[k] = Math.max(moved[k], distance(y.get(k).data(), other.get(k).data()));
            }
        }
        double[] limits = new double[y.size()];
        for (int k = 0; k < limits.length; k++) {
            limits[k] = C * Math.sqrt(n[k]) * (U * largest(y.get(k).data()) + moved[k]);
        }
        return limits;
    }

    private static NdArray nudge(NdArray a, Random random) {
        double[] values = a.data().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] *= 1 + U * (2 * random.nextDouble() - 1);
        }
        return new NdArray(a.shape(), values);
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

    /** Fails where an element is further than {@code limit} from the exact one. Returns the worst part of the limit that was used. */
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
        return new AssertionError(String.format(Locale.ROOT, "%s: element %d of %d is %.9g, the specification says %.12g (off by %.3g, "
                + "allowed %.3g)", what, i, exact.length, actual[i], exact[i], Math.abs(exact[i] - actual[i]), limit));
    }
}
