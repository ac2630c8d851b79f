package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.cuda.emulated.ptx.EmulatedGpu;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** Integer arithmetic against BigInteger, on corner values and random ones, at 16, 32 and 64 bits. */
class IntegerInstructionsTest {
    private static final Map<String, BinaryOperator<BigInteger>> OPERATIONS = new LinkedHashMap<>();

    static {
        OPERATIONS.put("add", BigInteger::add);
        OPERATIONS.put("sub", BigInteger::subtract);
        OPERATIONS.put("mul.lo", BigInteger::multiply);
        OPERATIONS.put("min", BigInteger::min);
        OPERATIONS.put("max", BigInteger::max);
        OPERATIONS.put("div", (a, b) -> b.signum() == 0 ? BigInteger.ONE.negate() : a.divide(b));
        OPERATIONS.put("rem", (a, b) -> b.signum() == 0 ? a : a.remainder(b));
    }

    private static long[] values(int bits) {
        Random random = new Random(bits);
        long[] v = new long[24];
        long top = 1L << bits - 1;
        long[] corners = {0, 1, 2, 3, 7, -1, -2, -3, top, top - 1, top + 1, top >> 1, 255, 256, 65535, 65537 };
        System.arraycopy(corners, 0, v, 0, corners.length);
        for (int i = corners.length; i < v.length; i++) {
            v[i] = random.nextLong();
        }
        for (int i = 0; i < v.length; i++) {
            v[i] = cut(v[i], bits);
        }
        return v;
    }

    private static long cut(long v, int bits) {
        return bits == 64 ? v : v & (1L << bits) - 1;
    }

    private static BigInteger big(long v, int bits, boolean signed) {
        BigInteger b = BigInteger.valueOf(cut(v, bits));
        BigInteger whole = BigInteger.ONE.shiftLeft(bits);
        b = b.signum() < 0 ? b.add(whole) : b;
        return signed && b.testBit(bits - 1) ? b.subtract(whole) : b;
    }

    private static void compare(String opcode, int bits, int resultBits, boolean signed, BinaryOperator<BigInteger> want) {
        long[][] cases = Ptx.pairs(values(bits));
        long[] got = Ptx.run(opcode, "b" + resultBits + " b" + bits + " b" + bits, cases);
        for (int i = 0; i < cases.length; i++) {
            BigInteger a = big(cases[i][0], bits, signed);
            BigInteger b = big(cases[i][1], bits, signed);
            assertEquals(cut(want.apply(a, b).longValue(), resultBits), got[i], opcode + " " + a + ", " + b);
        }
    }

    @Test
    void arithmetic() {
        for (int bits : new int[] {16, 32, 64}) {
            for (boolean signed : new boolean[] {true, false}) {
                String type = (signed ? ".s" : ".u") + bits;
                OPERATIONS.forEach((name, want) -> compare(name + type, bits, bits, signed, want));
                compare("mul.hi" + type, bits, bits, signed, (a, b) -> a.multiply(b).shiftRight(bits));
                if (bits < 64) {
                    compare("mul.wide" + type, bits, 2 * bits, signed, BigInteger::multiply);
                }
            }
        }
    }

    @Test
    void saturatingSums() {
        BigInteger most = BigInteger.valueOf(Integer.MAX_VALUE);
        BigInteger least = BigInteger.valueOf(Integer.MIN_VALUE);
        compare("add.sat.s32", 32, 32, true, (a, b) -> a.add(b).min(most).max(least));
        compare("sub.sat.s32", 32, 32, true, (a, b) -> a.subtract(b).min(most).max(least));
    }

    @Test
    void comparisons() {
        Map<String, IntPredicate> signs = Map.of("eq", c -> c == 0, "ne", c -> c != 0, "lt", c -> c < 0,
                "le", c -> c <= 0, "gt", c -> c > 0, "ge", c -> c >= 0);
        for (int bits : new int[] {16, 32, 64}) {
            for (boolean signed : new boolean[] {true, false}) {
                long[][] cases = Ptx.pairs(values(bits));
                signs.forEach((name, want) -> {
                    String opcode = "setp." + name + (signed ? ".s" : ".u") + bits;
                    long[] got = Ptx.run(opcode, "pred b" + bits + " b" + bits, cases);
                    for (int i = 0; i < cases.length; i++) {
                        int c = big(cases[i][0], bits, signed).compareTo(big(cases[i][1], bits, signed));
                        assertEquals(want.test(c) ? 1 : 0, got[i], opcode);
                    }
                });
            }
        }
    }

    @Test
    void multiplyAdd() {
        long[] v = {0, 1, -1L & 0xffffffffL, 0x80000000L, 0x7fffffffL, 12345, 0xdeadbeefL};
        long[][] cases = Ptx.triples(v);
        for (boolean signed : new boolean[] {true, false}) {
            String type = signed ? ".s32" : ".u32";
            long[] lo = Ptx.run("mad.lo" + type, "b32 b32 b32 b32", cases);
            long[] hi = Ptx.run("mad.hi" + type, "b32 b32 b32 b32", cases);
            long[] wide = Ptx.run("mad.wide" + type, "b64 b32 b32 b64", cases);
            for (int i = 0; i < cases.length; i++) {
                BigInteger product = big(cases[i][0], 32, signed).multiply(big(cases[i][1], 32, signed));
                BigInteger c = big(cases[i][2], 32, signed);
                assertEquals(cut(product.add(c).longValue(), 32), lo[i]);
                assertEquals(cut(product.shiftRight(32).add(c).longValue(), 32), hi[i]);
                assertEquals(product.longValue() + cases[i][2], wide[i]);
            }
        }
    }

    /** A 128-bit sum, difference and product from 32-bit pieces with carries, as nvcc writes them. */
    @Test
    void carryChains() {
        String body = """
                ld.global.v4.u32 {%r10, %r11, %r12, %r13}, [%rd2];
                ld.global.v4.u32 {%r20, %r21, %r22, %r23}, [%rd2+16];
                add.cc.u32 %r30, %r10, %r20; addc.cc.u32 %r31, %r11, %r21; addc.cc.u32 %r32, %r12, %r22;
                addc.u32 %r33, %r13, %r23;
                st.global.v4.u32 [%rd1], {%r30, %r31, %r32, %r33};
                sub.cc.u32 %r30, %r10, %r20; subc.cc.u32 %r31, %r11, %r21; subc.cc.u32 %r32, %r12, %r22;
                subc.u32 %r33, %r13, %r23;
                st.global.v4.u32 [%rd1+16], {%r30, %r31, %r32, %r33};
                mul.lo.u32 %r30, %r10, %r20; mul.hi.u32 %r31, %r10, %r20;
                mad.lo.cc.u32 %r31, %r10, %r21, %r31; madc.hi.u32 %r32, %r10, %r21, 0;
                mad.lo.cc.u32 %r31, %r11, %r20, %r31; madc.hi.cc.u32 %r32, %r11, %r20, %r32;
                madc.hi.u32 %r33, %r11, %r21, 0; mad.lo.cc.u32 %r32, %r11, %r21, %r32; addc.u32 %r33, %r33, 0;
                st.global.v4.u32 [%rd1+32], {%r30, %r31, %r32, %r33};
                ld.global.v2.u64 {%rd10, %rd11}, [%rd2]; ld.global.v2.u64 {%rd12, %rd13}, [%rd2+16];
                add.cc.u64 %rd14, %rd10, %rd12; addc.u64 %rd15, %rd11, %rd13;
                st.global.v2.u64 [%rd1+48], {%rd14, %rd15};
                """;
        var kernel = Ptx.kernel(body);
        BigInteger whole = BigInteger.ONE.shiftLeft(128);
        Random random = new Random(5);
        for (int round = 0; round < 30; round++) {
            long[] in = new long[4];
            for (int i = 0; i < 4; i++) {
                in[i] = random.nextInt(3) == 0 ? -1 : random.nextInt(3) == 0 ? 0 : random.nextLong();
            }
            BigInteger a = big(in[1], 64, false).shiftLeft(64).add(big(in[0], 64, false));
            BigInteger b = big(in[3], 64, false).shiftLeft(64).add(big(in[2], 64, false));
            BigInteger low = big(in[0], 64, false).multiply(big(in[2], 64, false));
            try (var gpu = new EmulatedGpu(1)) {
                long out = gpu.empty(64, "out");
                gpu.launch(kernel, 1, 1, out, gpu.put(in, "in"));
                long[] got = gpu.longs(out, 8);
                for (int k = 0; k < 4; k++) {
                    BigInteger want = (k == 1 ? a.subtract(b) : k == 2 ? low : a.add(b)).mod(whole);
                    assertEquals(want, big(got[2 * k + 1], 64, false).shiftLeft(64).add(big(got[2 * k], 64, false)), "" + k);
                }
            }
        }
    }
}
