package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** cvt: the 16-bit formats exhaustively, the others on corner values and random ones. */
class ConversionsTest {
    private static final long[][] ALL_HALVES = allHalves();

    private static long[][] allHalves() {
        long[][] all = new long[65536][];
        for (int i = 0; i < all.length; i++) {
            all[i] = new long[] {i};
        }
        return all;
    }

    private static long bits(float f) {
        return Float.floatToRawIntBits(f) & 0xffffffffL;
    }

    /** The value of a binary16, by its definition. */
    private static double half(int bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        double magnitude = exponent == 31 ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                : exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * Math.scalb(1.0, exponent - 25);
        return (bits & 0x8000) != 0 ? -magnitude : magnitude;
    }

    private static double brain(int bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    @Test
    void everyHalfWidens() {
        long[] half = Ptx.run("cvt.f32.f16", "f32 b16", ALL_HALVES);
        long[] wide = Ptx.run("cvt.f64.f16", "f64 b16", ALL_HALVES);
        for (int i = 0; i < 65536; i++) {
            assertEquals(half(i), Float.intBitsToFloat((int) half[i]), 0.0, "f16 " + i);
            assertEquals(half(i), Double.longBitsToDouble(wide[i]), 0.0, "f16 " + i);
        }
    }

    /** Every value, every midpoint between neighbours and the floats beside it, rounded by looking at the neighbours. */
    @Test
    void roundingToHalves() {
        for (boolean brain : new boolean[] {false, true}) {
            String type = brain ? "bf16" : "f16";
            long[][] cases = new long[3 * 0x7f80][];
            int largest = brain ? 0x7f7f : 0x7bff;
            int n = 0;
            for (int i = 0; i < largest && n + 3 <= cases.length; i += brain ? 5 : 3) {
                double middle = ((brain ? brain(i) : half(i)) + (brain ? brain(i + 1) : half(i + 1))) / 2;
                float m = (float) middle;
                cases[n++] = new long[] {bits(m)};
                cases[n++] = new long[] {bits(Math.nextUp(m))};
                cases[n++] = new long[] {bits(-Math.nextDown(m))};
            }
            cases = Arrays.copyOf(cases, n);
            long[] nearest = Ptx.run("cvt.rn." + type + ".f32", "b16 f32", cases);
            long[] zero = Ptx.run("cvt.rz." + type + ".f32", "b16 f32", cases);
            for (int i = 0; i < n; i++) {
                float x = Float.intBitsToFloat((int) cases[i][0]);
                int sign = x < 0 || 1 / x < 0 ? 0x8000 : 0;
                // The magnitude's bits grow with it, so the largest value not above x is found by bisection.
                int low = 0;
                int high = largest;
                while (low < high) {
                    int mid = low + high + 1 >> 1;
                    if ((brain ? brain(mid) : half(mid)) <= Math.abs(x)) {
                        low = mid;
                    } else {
                        high = mid - 1;
                    }
                }
                double below = Math.abs(x) - (brain ? brain(low) : half(low));
                double above = (brain ? brain(low + 1) : half(low + 1)) - Math.abs(x);
                int near = below < above || below == above && (low & 1) == 0 ? low : low + 1;
                assertEquals(near | sign, nearest[i], type + " of " + x);
                assertEquals(low | sign, zero[i], type + " toward zero of " + x);
            }
        }
        assertEquals(0x7c00, Ptx.run("cvt.rn.f16.f32", "b16 f32", new long[][] {{bits(65520f)}})[0]);
        assertEquals(0x7bff, Ptx.run("cvt.rn.f16.f32", "b16 f32", new long[][] {{bits(65519.996f)}})[0]);
        assertEquals(0x3c00, Ptx.run("cvt.rn.sat.f16.f32", "b16 f32", new long[][] {{bits(7f)}})[0]);
    }

    @Test
    void pairs() {
        long[][] two = {{bits(1.5f), bits(-2f)}};
        assertEquals(0x3e00c000L, Ptx.run("cvt.rn.f16x2.f32", "b32 f32 f32", two)[0]);
        assertEquals(0x3fc0c000L, Ptx.run("cvt.rn.bf16x2.f32", "b32 f32 f32", two)[0]);
        assertEquals(0x3fc00000L, Ptx.run("cvt.rn.relu.bf16x2.f32", "b32 f32 f32", two)[0]);
    }

    private static BigInteger unsigned(long v) {
        return new BigInteger(Long.toUnsignedString(v));
    }

    private static BigInteger read(long v, String type) {
        int bits = Integer.parseInt(type.substring(1));
        long cut = bits == 64 ? v : v & (1L << bits) - 1;
        return type.startsWith("u") ? unsigned(cut) : BigInteger.valueOf(cut << 64 - bits >> 64 - bits);
    }

    private static BigInteger clamp(BigInteger v, String type) {
        int bits = Integer.parseInt(type.substring(1));
        BigInteger low = type.startsWith("u") ? BigInteger.ZERO : BigInteger.ONE.shiftLeft(bits - 1).negate();
        BigInteger high = BigInteger.ONE.shiftLeft(type.startsWith("u") ? bits : bits - 1).subtract(BigInteger.ONE);
        return v.max(low).min(high);
    }

    private static int registerBits(String type) {
        return Math.max(16, Integer.parseInt(type.substring(1)));
    }

    private static long cut(BigInteger v, int bits) {
        return bits == 64 ? v.longValue() : v.longValue() & (1L << bits) - 1;
    }

    @Test
    void integers() {
        Random random = new Random(1);
        long[] v = new long[200];
        long[] corners = {0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 32768, 65535, 65536, 0x7fffffffL, 0x80000000L,
            0xffffffffL, 0x100000000L, Long.MIN_VALUE, Long.MAX_VALUE};
        for (int i = 0; i < v.length; i++) {
            v[i] = i < corners.length ? corners[i] : random.nextLong() >> random.nextInt(64);
        }
        String[] types = {"s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"};
        for (String from : types) {
            for (String to : types) {
                String registers = "b" + registerBits(to) + " b" + registerBits(from);
                long[] plain = Ptx.run("cvt." + to + "." + from, registers, Ptx.singles(v));
                long[] clamped = Ptx.run("cvt.sat." + to + "." + from, registers, Ptx.singles(v));
                for (int i = 0; i < v.length; i++) {
                    BigInteger x = read(v[i], from);
                    // A small result fills its register with its sign or zeros.
                    assertEquals(cut(read(x.longValue(), to), registerBits(to)), plain[i], "cvt." + to + "." + from + " " + x);
                    assertEquals(cut(clamp(x, to), registerBits(to)), clamped[i], "cvt.sat." + to + "." + from + " " + x);
                }
            }
        }
    }

    @Test
    void floatsToIntegers() {
        Random random = new Random(2);
        float[] corners = {0f, -0f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 127.5f, 255.5f, 2147483520f, 2147483648f, -2147483648f, 4e9f,
            5e9f, 1e19f, 2e19f, -1e19f, Float.MAX_VALUE, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e-30f};
        long[] v = new long[200];
        for (int i = 0; i < v.length; i++) {
            v[i] = bits(i < corners.length ? corners[i] : (float) ((random.nextDouble() - 0.5) * Math.scalb(1, random.nextInt(40))));
        }
        RoundingMode[] modes = {RoundingMode.HALF_EVEN, RoundingMode.DOWN, RoundingMode.FLOOR, RoundingMode.CEILING};
        String[] names = {"rni", "rzi", "rmi", "rpi"};
        for (String to : new String[] {"s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"}) {
            for (int m = 0; m < 4; m++) {
                String opcode = "cvt." + names[m] + "." + to + ".f32";
                long[] got = Ptx.run(opcode, "b" + registerBits(to) + " f32", Ptx.singles(v));
                for (int i = 0; i < v.length; i++) {
                    float x = Float.intBitsToFloat((int) v[i]);
                    BigInteger want = Float.isInfinite(x) ? BigInteger.ONE.shiftLeft(100).multiply(BigInteger.valueOf(x > 0 ? 1 : -1))
                            : new BigDecimal(x).setScale(0, modes[m]).toBigInteger();
                    assertEquals(cut(clamp(want, to), registerBits(to)), got[i], opcode + " " + x);
                }
            }
        }
        long[][] nan = {{bits(Float.NaN)}};
        assertEquals(0, Ptx.run("cvt.rzi.s32.f32", "b32 f32", nan)[0]);
        assertEquals(Long.MIN_VALUE, Ptx.run("cvt.rzi.s64.f32", "b64 f32", nan)[0]);
    }

    @Test
    void integersToFloats() {
        Random random = new Random(4);
        long[] v = new long[400];
        long[] corners = {0, 1, -1, 16777217, 16777219, Long.MAX_VALUE, Long.MIN_VALUE, 0x8000008000000000L, 0x8000008000000001L,
            0xffffffL << 40, 0xffffffffL, 0x80000000L, 0x1000001};
        for (int i = 0; i < v.length; i++) {
            v[i] = i < corners.length ? corners[i] : random.nextLong() >> random.nextInt(64);
        }
        for (String from : new String[] {"s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"}) {
            String source = " b" + registerBits(from);
            long[] single = Ptx.run("cvt.rn.f32." + from, "f32" + source, Ptx.singles(v));
            long[] twice = Ptx.run("cvt.rn.f64." + from, "f64" + source, Ptx.singles(v));
            for (int i = 0; i < v.length; i++) {
                BigDecimal x = new BigDecimal(read(v[i], from));
                assertEquals(x.floatValue(), Float.intBitsToFloat((int) single[i]), 0f, "cvt.rn.f32." + from + " " + x);
                assertEquals(x.doubleValue(), Double.longBitsToDouble(twice[i]), 0.0, "cvt.rn.f64." + from + " " + x);
            }
        }
        assertEquals(bits(16777216f), Ptx.run("cvt.rz.f32.s32", "f32 b32", new long[][] {{16777217}})[0]);
        assertEquals(bits(16777218f), Ptx.run("cvt.rp.f32.u32", "f32 b32", new long[][] {{16777217}})[0]);
    }

    @Test
    void doublesToFloats() {
        double x = 1 + 0x1p-24 + 0x1p-40;
        long[][] one = {{Double.doubleToRawLongBits(x)}};
        assertEquals(bits(1.0000001f), Ptx.run("cvt.rn.f32.f64", "f32 f64", one)[0]);
        assertEquals(bits(1f), Ptx.run("cvt.rz.f32.f64", "f32 f64", one)[0]);
        assertEquals(bits(1.0000001f), Ptx.run("cvt.rp.f32.f64", "f32 f64", one)[0]);
        assertEquals(bits(3f), Ptx.run("cvt.rni.f32.f32", "f32 f32", new long[][] {{bits(2.6f)}})[0]);
        assertEquals(bits(-2f), Ptx.run("cvt.rzi.f32.f32", "f32 f32", new long[][] {{bits(-2.6f)}})[0]);
        assertEquals(bits(1f), Ptx.run("cvt.sat.f32.f32", "f32 f32", new long[][] {{bits(2.6f)}})[0]);
        assertEquals(bits(0f), Ptx.run("cvt.ftz.f32.f32", "f32 f32", new long[][] {{1}})[0]);
    }
}
