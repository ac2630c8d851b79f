package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** binary32 and binary64 arithmetic: corner values and random ones, all rounding directions against exact decimals. */
class FloatInstructionsTest {
    private static final float[] VALUES = values();

    private static float[] values() {
        float[] corners = {0f, -0f, 1f, -1f, 0.5f, 3f, -3f, 1.0000001f, 0.99999994f, Float.MIN_VALUE, -Float.MIN_VALUE,
            Float.MIN_NORMAL, Math.nextDown(Float.MIN_NORMAL), Float.MAX_VALUE, -Float.MAX_VALUE, Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY, Float.NaN, 16777216f, 16777217f, 1e-20f, -1e20f};
        float[] all = new float[40];
        System.arraycopy(corners, 0, all, 0, corners.length);
        Random random = new Random(3);
        for (int i = corners.length; i < all.length; i++) {
            all[i] = Float.intBitsToFloat(random.nextInt());
        }
        return all;
    }

    private static long bits(float f) {
        return Float.floatToRawIntBits(f) & 0xffffffffL;
    }

    private static long[] inputs() {
        long[] b = new long[VALUES.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = bits(VALUES[i]);
        }
        return b;
    }

    private static void same(float want, long got, String what) {
        float g = Float.intBitsToFloat((int) got);
        if (!(want != want && g != g)) {
            assertEquals(bits(want), got, what + ": wanted " + want + ", got " + g);
        }
    }

    private interface Two {
        float of(float a, float b);
    }

    private static void two(String opcode, Two want) {
        long[][] cases = Ptx.pairs(inputs());
        long[] got = Ptx.run(opcode, "f32 f32 f32", cases);
        for (int i = 0; i < cases.length; i++) {
            float a = Float.intBitsToFloat((int) cases[i][0]);
            float b = Float.intBitsToFloat((int) cases[i][1]);
            same(want.of(a, b), got[i], opcode + " " + a + ", " + b);
        }
    }

    private static float flush(float a) {
        return Math.abs(a) < Float.MIN_NORMAL ? Math.copySign(0f, a) : a;
    }

    @Test
    void sumsAndProducts() {
        two("add.f32", (a, b) -> a + b);
        two("sub.rn.f32", (a, b) -> a - b);
        two("mul.f32", (a, b) -> a * b);
        two("div.rn.f32", (a, b) -> a / b);
        two("add.ftz.f32", (a, b) -> flush(flush(a) + flush(b)));
        two("mul.ftz.f32", (a, b) -> flush(flush(a) * flush(b)));
        two("add.sat.f32", (a, b) -> a + b > 0 ? Math.min(1, a + b) : 0);
        two("mul.ftz.sat.f32", (a, b) -> flush(a) * flush(b) > 0 ? Math.min(1, flush(flush(a) * flush(b))) : 0);
        two("copysign.f32", (a, b) -> Float.intBitsToFloat(Float.floatToRawIntBits(b) & Integer.MAX_VALUE
                | Float.floatToRawIntBits(a) & Integer.MIN_VALUE));
    }

    @Test
    void smallerAndLarger() {
        two("min.f32", (a, b) -> a != a ? b : b != b ? a : Math.min(a, b));
        two("max.f32", (a, b) -> a != a ? b : b != b ? a : Math.max(a, b));
        two("min.NaN.f32", Math::min);
        two("max.NaN.f32", Math::max);
        two("max.ftz.f32", (a, b) -> a != a ? flush(b) : b != b ? flush(a) : Math.max(flush(a), flush(b)));
    }

    @Test
    void fusedMultiplyAdd() {
        long[][] cases = Ptx.triples(inputs());
        long[] got = Ptx.run("fma.rn.f32", "f32 f32 f32 f32", cases);
        for (int i = 0; i < cases.length; i++) {
            float a = Float.intBitsToFloat((int) cases[i][0]);
            float b = Float.intBitsToFloat((int) cases[i][1]);
            float c = Float.intBitsToFloat((int) cases[i][2]);
            same(Math.fma(a, b, c), got[i], "fma " + a + " " + b + " " + c);
        }
    }

    /** The float nearest to an exact value, in one direction. */
    private static float directed(BigDecimal exact, String mode) {
        float near = exact.floatValue(); // to nearest
        int c = Float.isInfinite(near) ? (near > 0 ? -1 : 1) : exact.compareTo(new BigDecimal(near));
        boolean down = mode.equals("rm") || mode.equals("rz") && exact.signum() > 0;
        if (c == 0) {
            return near;
        }
        return down ? (c < 0 ? Math.nextDown(near) : near) : c > 0 ? Math.nextUp(near) : near;
    }

    @Test
    void otherDirections() {
        for (String mode : new String[] {"rz", "rm", "rp"}) {
            direction("add." + mode + ".f32", mode, (a, b) -> a.add(b));
            direction("sub." + mode + ".f32", mode, (a, b) -> a.subtract(b));
            direction("mul." + mode + ".f32", mode, (a, b) -> a.multiply(b));
            direction("div." + mode + ".f32", mode, (a, b) -> b.signum() == 0 ? null
                    : a.divide(b, new MathContext(400)));
            long[][] cases = Ptx.triples(inputs());
            long[] got = Ptx.run("fma." + mode + ".f32", "f32 f32 f32 f32", cases);
            for (int i = 0; i < cases.length; i += 7) {
                float a = Float.intBitsToFloat((int) cases[i][0]);
                float b = Float.intBitsToFloat((int) cases[i][1]);
                float c = Float.intBitsToFloat((int) cases[i][2]);
                if (Float.isFinite(a) && Float.isFinite(b) && Float.isFinite(c)) {
                    BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
                    if (exact.signum() != 0) {
                        same(directed(exact, mode), got[i], "fma." + mode + " " + a + " " + b + " " + c);
                    }
                }
            }
        }
    }

    private interface Exact {
        BigDecimal of(BigDecimal a, BigDecimal b);
    }

    private static void direction(String opcode, String mode, Exact exact) {
        long[][] cases = Ptx.pairs(inputs());
        long[] got = Ptx.run(opcode, "f32 f32 f32", cases);
        int compared = 0;
        for (int i = 0; i < cases.length; i++) {
            float a = Float.intBitsToFloat((int) cases[i][0]);
            float b = Float.intBitsToFloat((int) cases[i][1]);
            if (!Float.isFinite(a) || !Float.isFinite(b)) {
                continue;
            }
            BigDecimal value = exact.of(new BigDecimal(a), new BigDecimal(b));
            if (value != null && value.signum() != 0) {
                same(directed(value, mode), got[i], opcode + " " + a + ", " + b);
                compared++;
            }
        }
        assertTrue(compared > 500, opcode);
    }

    @Test
    void differenceOfEqualsHasTheSignOfItsDirection() {
        long[][] equal = {{bits(2.5f), bits(2.5f)}};
        same(-0f, Ptx.run("sub.rm.f32", "f32 f32 f32", equal)[0], "down");
        same(0f, Ptx.run("sub.rp.f32", "f32 f32 f32", equal)[0], "up");
    }

    /** Within one unit in the last place of the float nearest to the double result. */
    private static void approximates(String opcode, DoubleUnaryOperator want, float low, float high) {
        Random random = new Random(9);
        long[] in = new long[2000];
        for (int i = 0; i < in.length; i++) {
            in[i] = bits(low + (high - low) * random.nextFloat());
        }
        long[] got = Ptx.run(opcode, "f32 f32", Ptx.singles(in));
        for (int i = 0; i < in.length; i++) {
            float x = Float.intBitsToFloat((int) in[i]);
            float w = (float) want.applyAsDouble(x);
            float g = Float.intBitsToFloat((int) got[i]);
            assertTrue(Math.abs(w - g) <= Math.ulp(w), () -> opcode + " " + x + ": wanted " + w + ", got " + g);
        }
    }

    @Test
    void approximations() {
        approximates("ex2.approx.f32", x -> Math.pow(2, x), -120, 120);
        approximates("ex2.approx.ftz.f32", x -> Math.pow(2, x), -120, 120);
        approximates("lg2.approx.f32", x -> StrictMath.log(x) / StrictMath.log(2), 0, 1e6f);
        approximates("sin.approx.f32", StrictMath::sin, -10, 10);
        approximates("cos.approx.f32", StrictMath::cos, -10, 10);
        approximates("tanh.approx.f32", StrictMath::tanh, -10, 10);
        approximates("rsqrt.approx.f32", x -> 1 / Math.sqrt(x), 0, 1e9f);
        approximates("rcp.approx.ftz.f32", x -> 1 / x, 1e-3f, 1e9f);
        approximates("sqrt.rn.f32", Math::sqrt, 0, 1e9f);
        long[] corners = {bits(0f), bits(-0f), bits(Float.POSITIVE_INFINITY), bits(Float.NEGATIVE_INFINITY), bits(-1f)};
        float[] ex2 = {1, 1, Float.POSITIVE_INFINITY, 0, 0.5f};
        float[] lg2 = {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, Float.NaN, Float.NaN};
        float[] rsqrt = {Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, Float.NaN, Float.NaN};
        for (int i = 0; i < corners.length; i++) {
            long[][] one = {{corners[i]}};
            same(ex2[i], Ptx.run("ex2.approx.f32", "f32 f32", one)[0], "ex2 " + i);
            same(lg2[i], Ptx.run("lg2.approx.f32", "f32 f32", one)[0], "lg2 " + i);
            same(rsqrt[i], Ptx.run("rsqrt.approx.f32", "f32 f32", one)[0], "rsqrt " + i);
        }
        // Powers of two are exact.
        for (int e = -126; e < 128; e += 11) {
            same(Math.scalb(1f, e), Ptx.run("ex2.approx.f32", "f32 f32", new long[][] {{bits(e)}})[0], "2^" + e);
            same(e, Ptx.run("lg2.approx.f32", "f32 f32", new long[][] {{bits(Math.scalb(1f, e))}})[0], "lg2 2^" + e);
        }
    }

    @Test
    void comparisonsWithNan() {
        long[][] cases = Ptx.pairs(inputs());
        String[] names = {"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan"};
        for (String name : names) {
            long[] got = Ptx.run("setp." + name + ".f32", "pred f32 f32", cases);
            for (int i = 0; i < cases.length; i++) {
                float a = Float.intBitsToFloat((int) cases[i][0]);
                float b = Float.intBitsToFloat((int) cases[i][1]);
                boolean unordered = a != a || b != b;
                boolean want = switch (name) {
                    case "num" -> !unordered;
                    case "nan" -> unordered;
                    default -> unordered ? name.endsWith("u") : ordered(name.substring(0, 2), Float.compare(a + 0f, b + 0f));
                };
                assertEquals(want ? 1 : 0, got[i], name + " " + a + ", " + b);
            }
        }
    }

    private static boolean ordered(String name, int c) {
        return switch (name) {
            case "eq" -> c == 0;
            case "ne" -> c != 0;
            case "lt" -> c < 0;
            case "le" -> c <= 0;
            case "gt" -> c > 0;
            default -> c >= 0;
        };
    }

    @Test
    void doubles() {
        Random random = new Random(8);
        long[] v = new long[30];
        double[] corners = {0, -0.0, 1, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.MIN_VALUE, Double.MAX_VALUE, 1e-300};
        for (int i = 0; i < v.length; i++) {
            v[i] = i < corners.length ? Double.doubleToRawLongBits(corners[i]) : random.nextLong();
        }
        long[][] cases = Ptx.triples(v);
        long[] got = Ptx.run("fma.rn.f64", "f64 f64 f64 f64", cases);
        for (int i = 0; i < cases.length; i++) {
            double want = Math.fma(Double.longBitsToDouble(cases[i][0]), Double.longBitsToDouble(cases[i][1]),
                    Double.longBitsToDouble(cases[i][2]));
            assertEquals(want, Double.longBitsToDouble(got[i]), 0.0);
        }
        long[][] pairs = Ptx.pairs(v);
        long[] quotient = Ptx.run("div.rn.f64", "f64 f64 f64", pairs);
        long[] root = Ptx.run("sqrt.rn.f64", "f64 f64", Ptx.singles(v));
        for (int i = 0; i < pairs.length; i++) {
            assertEquals(Double.longBitsToDouble(pairs[i][0]) / Double.longBitsToDouble(pairs[i][1]),
                    Double.longBitsToDouble(quotient[i]), 0.0);
        }
        for (int i = 0; i < v.length; i++) {
            assertEquals(Math.sqrt(Double.longBitsToDouble(v[i])), Double.longBitsToDouble(root[i]), 0.0);
        }
    }
}
