package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Weighted sums of whole rows of float32: the half of a resize that runs along contiguous memory.
 *
 * <p>Terms are added in the order given, w0 r0 first, each further one with a fused multiply-add; vector lanes and the
 * scalar tail do the same arithmetic.
 */
final class RowBlend {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    private static final long STEP = FLOATS * 4L;

    private RowBlend() {
    }

    /**
     * to[i] = sum over k &lt; count of w[k] from[row[k] + i], for i &lt; n.
     *
     * @param row byte offset of each row in {@code from}
     * @param w weight of each row
     * @param count number of rows; 0 writes zeros
     * @param at byte offset in {@code to}
     * @param n number of floats
     */
    static void blend(MemorySegment from, long[] row, float[] w, int count, MemorySegment to, long at, int n) {
        switch (count) {
            case 0 -> to.asSlice(at, n * 4L).fill((byte) 0);
            case 1 -> one(from, row[0], w[0], to, at, n);
            case 2 -> two(from, row[0], w[0], row[1], w[1], to, at, n);
            case 3 -> three(from, row[0], w[0], row[1], w[1], row[2], w[2], to, at, n);
            case 4 -> four(from, row[0], w[0], row[1], w[1], row[2], w[2], row[3], w[3], to, at, n);
            default -> many(from, row, w, count, to, at, n);
        }
    }

    private static void one(MemorySegment from, long a, float wa, MemorySegment to, long at, int n) {
        long bound = (n - n % FLOATS) * 4L;
        for (long i = 0; i < bound; i += STEP) {
            FloatVector.fromMemorySegment(F32, from, a + i, ORDER).mul(wa).intoMemorySegment(to, at + i, ORDER);
        }
        for (long i = bound; i < n * 4L; i += 4) {
            to.set(FLOAT, at + i, from.get(FLOAT, a + i) * wa);
        }
    }

    private static void two(MemorySegment from, long a, float wa, long b, float wb, MemorySegment to, long at, int n) {
        FloatVector vb = FloatVector.broadcast(F32, wb);
        long bound = (n - n % FLOATS) * 4L;
        for (long i = 0; i < bound; i += STEP) {
            FloatVector sum = FloatVector.fromMemorySegment(F32, from, a + i, ORDER).mul(wa);
            FloatVector.fromMemorySegment(F32, from, b + i, ORDER).fma(vb, sum).intoMemorySegment(to, at + i, ORDER);
        }
        for (long i = bound; i < n * 4L; i += 4) {
            to.set(FLOAT, at + i, Math.fma(from.get(FLOAT, b + i), wb, from.get(FLOAT, a + i) * wa));
        }
    }

    private static void three(MemorySegment from, long a, float wa, long b, float wb, long c, float wc,
            MemorySegment to, long at, int n) {
        FloatVector vb = FloatVector.broadcast(F32, wb);
        FloatVector vc = FloatVector.broadcast(F32, wc);
        long bound = (n - n % FLOATS) * 4L;
        for (long i = 0; i < bound; i += STEP) {
            FloatVector sum = FloatVector.fromMemorySegment(F32, from, a + i, ORDER).mul(wa);
            sum = FloatVector.fromMemorySegment(F32, from, b + i, ORDER).fma(vb, sum);
            FloatVector.fromMemorySegment(F32, from, c + i, ORDER).fma(vc, sum).intoMemorySegment(to, at + i, ORDER);
        }
        for (long i = bound; i < n * 4L; i += 4) {
            float sum = Math.fma(from.get(FLOAT, b + i), wb, from.get(FLOAT, a + i) * wa);
            to.set(FLOAT, at + i, Math.fma(from.get(FLOAT, c + i), wc, sum));
        }
    }

    private static void four(MemorySegment from, long a, float wa, long b, float wb, long c, float wc, long d, float wd,
            MemorySegment to, long at, int n) {
        FloatVector vb = FloatVector.broadcast(F32, wb);
        FloatVector vc = FloatVector.broadcast(F32, wc);
        FloatVector vd = FloatVector.broadcast(F32, wd);
        long bound = (n - n % FLOATS) * 4L;
        for (long i = 0; i < bound; i += STEP) {
            FloatVector sum = FloatVector.fromMemorySegment(F32, from, a + i, ORDER).mul(wa);
            sum = FloatVector.fromMemorySegment(F32, from, b + i, ORDER).fma(vb, sum);
            sum = FloatVector.fromMemorySegment(F32, from, c + i, ORDER).fma(vc, sum);
            FloatVector.fromMemorySegment(F32, from, d + i, ORDER).fma(vd, sum).intoMemorySegment(to, at + i, ORDER);
        }
        for (long i = bound; i < n * 4L; i += 4) {
            float sum = Math.fma(from.get(FLOAT, b + i), wb, from.get(FLOAT, a + i) * wa);
            sum = Math.fma(from.get(FLOAT, c + i), wc, sum);
            to.set(FLOAT, at + i, Math.fma(from.get(FLOAT, d + i), wd, sum));
        }
    }

    private static void many(MemorySegment from, long[] row, float[] w, int count, MemorySegment to, long at, int n) {
        long bound = (n - n % FLOATS) * 4L;
        for (long i = 0; i < bound; i += STEP) {
            FloatVector sum = FloatVector.fromMemorySegment(F32, from, row[0] + i, ORDER).mul(w[0]);
            for (int k = 1; k < count; k++) {
                sum = FloatVector.fromMemorySegment(F32, from, row[k] + i, ORDER)
                        .fma(FloatVector.broadcast(F32, w[k]), sum);
            }
            sum.intoMemorySegment(to, at + i, ORDER);
        }
        for (long i = bound; i < n * 4L; i += 4) {
            float sum = from.get(FLOAT, row[0] + i) * w[0];
            for (int k = 1; k < count; k++) {
                sum = Math.fma(from.get(FLOAT, row[k] + i), w[k], sum);
            }
            to.set(FLOAT, at + i, sum);
        }
    }
}
