package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.numeric.HalfFloats;
import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** f16 and bf16 arithmetic, against exact decimals rounded once by looking at the neighbours. */
class HalfInstructionsTest {
    private static float wide(int bits, boolean brain) {
        return brain ? Float.intBitsToFloat(bits << 16) : HalfFloats.fromFloat16((short) bits);
    }

    /** The nearest value of the format, ties to even, found by bisection among the magnitudes. */
    private static int nearest(BigDecimal exact, boolean brain) {
        int sign = exact.signum() < 0 ? 0x8000 : 0;
        BigDecimal x = exact.abs();
        int low = 0;
        int high = brain ? 0x7f7f : 0x7bff;
        BigDecimal limit = new BigDecimal(wide(high, brain)).add(new BigDecimal(wide(high, brain) - wide(high - 1, brain))
                .divide(BigDecimal.TWO));
        if (x.compareTo(limit) >= 0) {
            return sign | high + 1;
        }
        while (low < high) {
            int mid = low + high + 1 >> 1;
            if (new BigDecimal(wide(mid, brain)).compareTo(x) <= 0) {
                low = mid;
            } else {
                high = mid - 1;
            }
        }
        BigDecimal below = x.subtract(new BigDecimal(wide(low, brain)));
        BigDecimal above = low == (brain ? 0x7f7f : 0x7bff) ? below.add(BigDecimal.ONE)
                : new BigDecimal(wide(low + 1, brain)).subtract(x);
        int c = below.compareTo(above);
        return sign | (c < 0 || c == 0 && (low & 1) == 0 ? low : low + 1);
    }

    private static long[][] cases(boolean brain, long seed) {
        Random random = new Random(seed);
        int[] corners = brain ? new int[] {0, 0x8000, 1, 0x8001, 0x80, 0x7f, 0x7f7f, 0xff7f, 0x3f80, 0x3f81, 0xbf80}
                : new int[] {0, 0x8000, 1, 0x8001, 0x400, 0x3ff, 0x7bff, 0xfbff, 0x3c00, 0x3c01, 0xbc00};
        long[][] all = new long[4000][3];
        for (int i = 0; i < all.length; i++) {
            // Near exponents, so that sums round.
            int base = random.nextInt(0x7000);
            for (int k = 0; k < 3; k++) {
                int near = Math.min(base + random.nextInt(0x800), brain ? 0x7f7f : 0x7bff) | (random.nextBoolean() ? 0x8000 : 0);
                all[i][k] = random.nextInt(4) == 0 ? corners[random.nextInt(corners.length)]
                        : random.nextInt(3) == 0 ? near : random.nextInt(brain ? 0x7f80 : 0x7c00);
            }
        }
        return all;
    }

    private interface Exact {
        BigDecimal of(BigDecimal a, BigDecimal b, BigDecimal c);
    }

    private static void check(String name, boolean brain, int operands, Exact exact) {
        String type = brain ? "bf16" : "f16";
        long[][] all = cases(brain, name.hashCode());
        long[][] in = new long[all.length][operands];
        long[][] pairs = new long[all.length][operands];
        for (int i = 0; i < all.length; i++) {
            for (int k = 0; k < operands; k++) {
                in[i][k] = all[i][k];
                pairs[i][k] = all[i][k] << 16 | all[all.length - 1 - i][k];
            }
        }
        long[] got = Ptx.run(name + "." + type, "b16" + " b16".repeat(operands), in);
        long[] two = Ptx.run(name + "." + type + "x2", "b32" + " b32".repeat(operands), pairs);
        for (int i = 0; i < all.length; i++) {
            BigDecimal a = new BigDecimal(wide((int) all[i][0], brain));
            BigDecimal b = new BigDecimal(wide((int) all[i][1], brain));
            BigDecimal c = new BigDecimal(wide((int) all[i][2], brain));
            BigDecimal value = exact.of(a, b, c);
            if (value.signum() != 0) { // the sign of zero has its own rules
                assertEquals(nearest(value, brain), got[i], name + "." + type + " " + a + " " + b + " " + c);
            }
            assertEquals(got[i], two[i] >>> 16, "upper half of " + name);
            assertEquals(got[all.length - 1 - i], two[i] & 0xffff, "lower half of " + name);
        }
    }

    @Test
    void roundedOnce() {
        for (boolean brain : new boolean[] {false, true}) {
            check("add", brain, 2, (a, b, c) -> a.add(b));
            check("sub", brain, 2, (a, b, c) -> a.subtract(b));
            check("mul", brain, 2, (a, b, c) -> a.multiply(b));
            check("fma.rn", brain, 3, (a, b, c) -> a.multiply(b).add(c));
        }
    }

    /** A product that is a tie, and an addend so small that only one rounding at the end sees it. */
    @Test
    void tiesAreDecidedByTheLastBit() {
        int a = 0x3f88; // (1 + 2^-4)^2 = 1 + 2^-3 + 2^-8, half way between 0x3f90 and 0x3f91
        int tiny = 127 - 100 << 7;
        assertEquals(0x3f90, Ptx.run("fma.rn.bf16", "b16 b16 b16 b16", new long[][] {{a, a, 0}})[0]);
        assertEquals(0x3f91, Ptx.run("fma.rn.bf16", "b16 b16 b16 b16", new long[][] {{a, a, tiny}})[0]);
        assertEquals(0x3f90, Ptx.run("fma.rn.bf16", "b16 b16 b16 b16", new long[][] {{a, a, tiny | 0x8000}})[0]);
    }

    @Test
    void extremes() {
        long[][] nan = {{0x7e00, 0x3c00}};
        assertEquals(0x3c00, Ptx.run("max.f16", "b16 b16 b16", nan)[0]);
        assertEquals(0x7e00, Ptx.run("max.NaN.f16", "b16 b16 b16", nan)[0] & 0x7e00);
        assertEquals(0x3c004000L, Ptx.run("max.f16x2", "b32 b32 b32", new long[][] {{0xbc004000L, 0x3c000000L}})[0]);
        assertEquals(0x3f800000L, Ptx.run("max.NaN.bf16x2", "b32 b32 b32", new long[][] {{0xbf80bf80L, 0x3f800000L}})[0]);
        assertEquals(0xbc00, Ptx.run("neg.f16", "b16 b16", new long[][] {{0x3c00}})[0]);
        assertEquals(0, Ptx.run("fma.rn.relu.f16", "b16 b16 b16 b16", new long[][] {{0xbc00, 0x3c00, 0}})[0]);
        assertEquals(1, Ptx.run("setp.lt.f16", "pred b16 b16", new long[][] {{0xbc00, 0x3c00}})[0]);
        assertEquals(0, Ptx.run("setp.gt.bf16", "pred b16 b16", new long[][] {{0xbf80, 0x3f80}})[0]);
    }
}
