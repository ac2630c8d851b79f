package dev.fathom.tests.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Unary;
import dev.fathom.engine.ops.Unary.Kind;
import dev.fathom.engine.ops.UnaryBackward;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The cpu's functions of one number over the whole range of float32: every 20 011th bit pattern, so all signs and
 * exponents, subnormals included. Limits are what a scan of every 1009th pattern gave, rounded up.
 */
class UnaryAccuracyTest {
    private static final int STRIDE = 20_011;

    private static float[] patterns(double from) {
        float[] values = new float[(int) ((1L << 32) / STRIDE)];
        int n = 0;
        for (long bits = 0; bits + STRIDE < 1L << 32; bits += STRIDE) {
            float v = Float.intBitsToFloat((int) bits);
            if (v >= from && v <= Float.MAX_VALUE) {
                values[n++] = v;
            }
        }
        return Arrays.copyOf(values, n);
    }

    private static float[] apply(Kind kind, float... x) {
        try (MemoryScope scope = MemoryScope.open("accuracy")) {
            return Unary.of(kind, Tensors.of(x, x.length)).toFloats();
        }
    }

    private static float[] derivative(Kind kind, float... v) {
        float[] ones = new float[v.length];
        Arrays.fill(ones, 1);
        try (MemoryScope scope = MemoryScope.open("accuracy")) {
            Tensor dy = Tensors.of(ones, v.length);
            return Dispatcher.run1(new UnaryBackward(kind), Tensors.of(v, v.length), dy).toFloats();
        }
    }

    /** The distance between neighbouring floats around a value; that of the largest finite ones beyond. */
    private static double ulp(double exact) {
        return Math.abs(exact) >= Float.MAX_VALUE ? Math.ulp(Float.MAX_VALUE) : Math.ulp((float) exact);
    }

    /** Below {@code from} the result would be subnormal, or is 0 by definition. */
    @ParameterizedTest
    @CsvSource({"RELU,-4e38,0", "ABS,-4e38,0", "SQUARE,-4e38,0.51", "SQRT,0,0.51", "RSQRT,1e-37,1.5", "EXP,-4e38,1.0",
        "LOG,1e-45,0.8", "SIGMOID,-87,2.4", "SILU,-87,3.2", "TANH,-4e38,1.5", "ERF,-4e38,2.0", "GELU,-12.5,5.3"})
    void withinUlps(Kind kind, double from, double limit) {
        float[] x = patterns(from);
        float[] y = apply(kind, x);
        assertTrue(x.length > 50_000, "the range is empty");
        for (int i = 0; i < x.length; i++) {
            double exact = kind.value(x[i]);
            if ((float) exact != y[i]) {
                double off = Math.abs(y[i] - exact) / ulp(exact);
                assertTrue(off <= limit, () -> kind + " is more than " + limit + " ulp off: " + off);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Kind.class, names = {"GELU", "SILU", "ERF"})
    void derivativesWithin2e7(Kind kind) {
        float[] x = patterns(-1e30);
        float[] d = derivative(kind, x);
        for (int i = 0; i < x.length; i++) {
            double exact = Math.abs(x[i]) > 200 ? Math.abs(kind.derivative(Math.copySign(200, x[i])))
                    : kind.derivative(x[i]);
            int at = i;
            assertEquals(exact, d[i], 2e-7, () -> kind + "' at " + x[at]);
        }
    }

    /** What PyTorch gives, too. */
    @Test
    void specialValues() {
        float inf = Float.POSITIVE_INFINITY;
        float nan = Float.NaN;
        float[] x = {nan, inf, -inf, 0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE};
        float tiny = Float.MIN_VALUE;
        Map<Kind, float[]> expected = Map.of(
                Kind.EXP, new float[] {nan, inf, 0, 1, 1, 1, 1},
                Kind.LOG, new float[] {nan, inf, nan, -inf, -inf, (float) Math.log(tiny), nan},
                Kind.SIGMOID, new float[] {nan, 1, 0, 0.5f, 0.5f, 0.5f, 0.5f},
                Kind.TANH, new float[] {nan, 1, -1, 0f, -0f, tiny, -tiny},
                Kind.ERF, new float[] {nan, 1, -1, 0f, -0f, tiny, -tiny},
                Kind.GELU, new float[] {nan, inf, nan, 0f, -0f, 0f, -0f},
                Kind.SILU, new float[] {nan, inf, nan, 0f, -0f, 0f, -0f},
                Kind.RELU, new float[] {nan, inf, 0, 0f, -0f, tiny, 0},
                Kind.ABS, new float[] {nan, inf, inf, 0f, 0f, tiny, tiny});
        expected.forEach((kind, y) -> {
            float[] actual = apply(kind, x);
            for (int i = 0; i < x.length; i++) {
                int at = i;
                assertEquals(y[i], actual[i], () -> kind + "(" + x[at] + ")");
            }
        });
    }

    /** An element has the same bits in a whole vector, in a tail, alone, and in another task's piece. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void positionChangesNothing(Kind kind) {
        float[] x = new float[40_009];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(i) * 5;
        }
        float[] y = apply(kind, x);
        float[] d = derivative(kind, x);
        for (int length : new int[] {1, 3, 7, 15, 16, 17, 33}) {
            int from = x.length - length - 13;
            float[] part = Arrays.copyOfRange(x, from, from + length);
            assertEquals(-1, Arrays.mismatch(apply(kind, part), Arrays.copyOfRange(y, from, from + length)),
                    kind + " of " + length);
            assertEquals(-1, Arrays.mismatch(derivative(kind, part), Arrays.copyOfRange(d, from, from + length)),
                    kind + "' of " + length);
        }
    }
}
