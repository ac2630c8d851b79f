package dev.fathom.tests.conformance;

import dev.fathom.engine.DType;
import dev.fathom.engine.numeric.HalfFloats;
import dev.fathom.engine.reference.NdArray;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * How far a kernel that computes in float32 may be from the float64 specification.
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
 *
 * <p>16-bit tensors: inputs are 16-bit numbers for the specification too, kernels compute in float32, and results are
 * rounded once. Rounding never changes an order, so if the float32 result may lie in [y - limit, y + limit] its rounded
 * value lies between the rounded ends of that interval, and there it must be. Only where 16-bit values are made on the
 * way (inside a kernel that says so; between the operations of a gradient) u is that of the 16-bit dtype:
 * 2<sup>-11</sup> for float16, 2<sup>-8</sup> for bfloat16.
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
     * @param u unit roundoff of what is computed in
     */
    static double[] limits(List<NdArray> y, List<List<NdArray>> moved, double[] n, double u) {
        double[] limits = new double[y.size()];
        for (int k = 0; k < limits.length; k++) {
            double m = 0;
            for (List<NdArray> other : moved) {
                m = Math.max(m, distance(y.get(k).data(), other.get(k).data()));
            }
            limits[k] = C * Math.sqrt(n[k]) * (u * largest(y.get(k).data()) + m);
        }
        return limits;
    }

    /** How many tries: a few values could by chance all move in the same way, many cannot. */
    static int tries(List<NdArray> inputs) {
        return inputs.stream().mapToLong(a -> a.data().length).sum() < 200 ? 5 : 2;
    }

    /** Unit roundoff of a dtype: float32's for all wider ones, and for masks. */
    static double unit(DType dtype) {
        return switch (dtype) {
            case F16 -> 0x1p-11;
            case BF16 -> 0x1p-8;
            default -> U;
        };
    }

    /** A value as a dtype holds it. */
    static double round(double value, DType dtype) {
        return switch (dtype) {
            case F16 -> HalfFloats.fromFloat16(HalfFloats.toFloat16(value));
            case BF16 -> HalfFloats.fromBfloat16(HalfFloats.toBfloat16(value));
            case F32 -> (float) value;
            default -> value;
        };
    }

    /** Every value times 1 + u or 1 - u. */
    static double[] nudge(double[] values, Random random, double u) {
        double[] moved = values.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] *= random.nextBoolean() ? 1 + u : 1 - u;
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
     *
     * @param dtype of the result, to which it was rounded last
     */
    static double check(String what, double[] exact, double[] actual, double limit, DType dtype) {
        double worst = 0;
        for (int i = 0; i < exact.length; i++) {
            if (dtype.bytes() == 2) {
                worst = Math.max(worst, between(what, i, exact, actual, limit, dtype));
                continue;
            }
            double d = Math.abs(exact[i] - actual[i]);
            if (!(d <= limit)) {
                throw off(what, i, exact, actual, limit);
            }
            worst = limit == 0 ? worst : Math.max(worst, d / limit);
        }
        return worst;
    }

    /** Fails where an element is more than {@code k} roundings from its own exact value. */
    static double checkRounded(String what, double[] exact, double[] actual, double k, DType dtype) {
        double worst = 0;
        for (int i = 0; i < exact.length; i++) {
            double limit = k * Math.max(U * Math.abs(exact[i]), Float.MIN_VALUE);
            if (dtype.bytes() == 2) {
                worst = Math.max(worst, between(what, i, exact, actual, limit, dtype));
                continue;
            }
            double d = Math.abs(exact[i] - actual[i]);
            if (!(d <= limit) && exact[i] != actual[i]) {
                throw off(what, i, exact, actual, limit);
            }
            worst = Math.max(worst, d / limit);
        }
        return worst;
    }

    /** A 16-bit element must lie between the rounded ends of the interval that a float32 result may lie in. */
    private static double between(String what, int i, double[] exact, double[] actual, double limit, DType dtype) {
        double low = round(exact[i] - limit, dtype);
        double high = round(exact[i] + limit, dtype);
        if (!(low <= actual[i] && actual[i] <= high) && !(Double.isNaN(exact[i]) && Double.isNaN(actual[i]))) {
            throw off(what, i, exact, actual, limit + unit(dtype) * Math.abs(exact[i]));
        }
        double room = limit + unit(dtype) * Math.abs(exact[i]);
        return exact[i] == actual[i] || !Double.isFinite(room) ? 0 : Math.min(1, Math.abs(exact[i] - actual[i]) / room);
    }

    /** Fails where an element is not the exact one rounded once to the dtype. */
    static void checkExact(String what, double[] exact, double[] actual, DType dtype) {
        for (int i = 0; i < exact.length; i++) {
            if (Double.compare(round(exact[i], dtype), actual[i]) != 0) {
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
