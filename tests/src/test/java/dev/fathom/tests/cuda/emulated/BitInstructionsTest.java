package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Logic, shifts and bit fields against their definitions, written bit by bit as the PTX manual has them. */
class BitInstructionsTest {
    private static long[][] random(int cases, int operands, long seed) {
        Random random = new Random(seed);
        long[][] all = new long[cases][operands];
        for (long[] c : all) {
            for (int i = 0; i < operands; i++) {
                c[i] = random.nextLong();
            }
        }
        return all;
    }

    @Test
    void shiftsStopAtTheWidth() {
        long[] amounts = {0, 1, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 0x80000000L, 0xffffffffL};
        long[] values = {1, -1, 0x8000, 0x80000000L, Long.MIN_VALUE, 0x123456789abcdefL};
        for (int bits : new int[] {16, 32, 64}) {
            long mask = bits == 64 ? -1 : (1L << bits) - 1;
            long[][] cases = new long[amounts.length * values.length][];
            for (int i = 0; i < cases.length; i++) {
                cases[i] = new long[] {values[i % values.length] & mask, amounts[i / values.length]};
            }
            String types = "b" + bits + " b" + bits + " b32";
            long[] left = Ptx.run("shl.b" + bits, types, cases);
            long[] right = Ptx.run("shr.u" + bits, types, cases);
            long[] signed = Ptx.run("shr.s" + bits, types, cases);
            for (int i = 0; i < cases.length; i++) {
                long a = cases[i][0];
                long n = cases[i][1];
                long extended = a << 64 - bits >> 64 - bits;
                assertEquals(n >= bits ? 0 : a << n & mask, left[i], "shl " + a + " by " + n);
                assertEquals(n >= bits ? 0 : a >>> n, right[i], "shr.u");
                assertEquals((n >= bits ? extended >> 63 : extended >> n) & mask, signed[i], "shr.s");
            }
        }
    }

    @Test
    void fields() {
        long[][] cases = random(3000, 4, 1);
        for (long[] c : cases) {
            c[2] &= 255;
            c[3] &= 127;
        }
        long[][] extract = new long[cases.length][];
        for (int i = 0; i < cases.length; i++) {
            extract[i] = new long[] {cases[i][0], cases[i][2] & 127, cases[i][3]};
        }
        for (int bits : new int[] {32, 64}) {
            long mask = bits == 64 ? -1 : (1L << bits) - 1;
            String wide = "b" + bits;
            long[] unsigned = Ptx.run("bfe.u" + bits, wide + " " + wide + " b32 b32", extract);
            long[] signed = Ptx.run("bfe.s" + bits, wide + " " + wide + " b32 b32", extract);
            long[] inserted = Ptx.run("bfi.b" + bits, wide + " " + wide + " " + wide + " b32 b32", cases);
            for (int i = 0; i < cases.length; i++) {
                assertEquals(extract(extract[i][0], (int) extract[i][1], (int) extract[i][2], bits, false) & mask, unsigned[i]);
                assertEquals(extract(extract[i][0], (int) extract[i][1], (int) extract[i][2], bits, true) & mask, signed[i],
                        "bfe.s" + bits + " start " + extract[i][1] + " length " + extract[i][2]);
                assertEquals(insert(cases[i][0], cases[i][1], (int) cases[i][2], (int) cases[i][3], bits) & mask, inserted[i]);
            }
        }
    }

    /** The loop of the manual: bits beyond the operand, and all above the field, are the sign (or 0). */
    private static long extract(long a, int start, int length, int bits, boolean signed) {
        long sign = !signed || length == 0 ? 0 : a >> Math.min(start + length - 1, bits - 1) & 1;
        long d = 0;
        for (int i = 0; i < bits; i++) {
            long bit = i < length && start + i < bits ? a >> start + i & 1 : sign;
            d |= bit << i;
        }
        return d;
    }

    private static long insert(long a, long b, int start, int length, int bits) {
        long f = b;
        for (int i = 0; i < length && start + i < bits; i++) {
            f = f & ~(1L << start + i) | (a >> i & 1) << start + i;
        }
        return f;
    }

    @Test
    void countsAndOrders() {
        long[][] cases = random(500, 1, 2);
        cases[0][0] = 0;
        cases[1][0] = 1;
        cases[2][0] = -1;
        long[] pop = Ptx.run("popc.b32", "b32 b32", cases);
        long[] zeros = Ptx.run("clz.b32", "b32 b32", cases);
        long[] reversed = Ptx.run("brev.b32", "b32 b32", cases);
        long[] find = Ptx.run("bfind.u32", "b32 b32", cases);
        long[] pop64 = Ptx.run("popc.b64", "b32 b64", cases);
        long[] zeros64 = Ptx.run("clz.b64", "b32 b64", cases);
        for (int i = 0; i < cases.length; i++) {
            int v = (int) cases[i][0];
            assertEquals(Integer.bitCount(v), pop[i]);
            assertEquals(Integer.numberOfLeadingZeros(v), zeros[i]);
            assertEquals(Integer.reverse(v) & 0xffffffffL, reversed[i]);
            assertEquals(31 - Integer.numberOfLeadingZeros(v) & 0xffffffffL, find[i]);
            assertEquals(Long.bitCount(cases[i][0]), pop64[i]);
            assertEquals(Long.numberOfLeadingZeros(cases[i][0]), zeros64[i]);
        }
    }

    @Test
    void logicOfThreeIsEveryTable() {
        long[] results = new long[256];
        for (int table = 0; table < 256; table++) {
            // Operands that hold every combination of three bits.
            results[table] = Ptx.run("lop3.b32", "b32 b32 b32 b32 b32", new long[][] {{0xf0, 0xcc, 0xaa, table}})[0] & 255;
            assertEquals(table, results[table]);
        }
    }

    @Test
    void bytesAndFunnels() {
        long[][] cases = random(1000, 3, 4);
        long[] permuted = Ptx.run("prmt.b32", "b32 b32 b32 b32", cases);
        long[] leftWrap = Ptx.run("shf.l.wrap.b32", "b32 b32 b32 b32", cases);
        long[] rightWrap = Ptx.run("shf.r.wrap.b32", "b32 b32 b32 b32", cases);
        for (int i = 0; i < cases.length; i++) {
            int a = (int) cases[i][0];
            int b = (int) cases[i][1];
            int s = (int) cases[i][2];
            long both = (long) b << 32 | a & 0xffffffffL;
            int want = 0;
            for (int k = 0; k < 4; k++) {
                int select = s >> 4 * k & 15;
                byte value = (byte) (both >> 8 * (select & 7));
                want |= ((select & 8) != 0 ? value >> 7 : value) << 8 * k & 255 << 8 * k;
            }
            assertEquals(want & 0xffffffffL, permuted[i]);
            assertEquals((int) (both << (s & 31) >>> 32) & 0xffffffffL, leftWrap[i]);
            assertEquals((int) (both >>> (s & 31)) & 0xffffffffL, rightWrap[i]);
        }
        long[][] clamped = {{1, 2, 32}, {1, 2, 33}, {1, 2, 0}, {0x80000000L, 1, 31}};
        assertEquals("[1, 1, 2, 3221225472]", Arrays.toString(Ptx.run("shf.l.clamp.b32", "b32 b32 b32 b32", clamped)));
        assertEquals("[2, 2, 1, 3]", Arrays.toString(Ptx.run("shf.r.clamp.b32", "b32 b32 b32 b32", clamped)));
    }
}
