package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Weighted sums of pixels within one row of [W,C] float32: the other half of a resize. Vectors run over the channels; rows with fewer
 * channels than a vector has lanes go value by value.
 *
 * @param start pixel j of the result sums entries start[j] to start[j+1] - 1, in that order; none means zero
 * @param pixel the pixel that each entry reads
 * @param weight its weight
 * @param channels C
 */
record PixelBlend(int[] start, int[] pixel, float[] weight, int channels) {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

    /** Pixels of the result. */
    int outputs() {
        return start.length - 1;
    }

    /** Blends the row at byte {@code in} of {@code from} into the row at byte {@code at} of {@code to}. */
    void run(MemorySegment from, long in, MemorySegment to, long at) {
        if (channels == 1) {
            single(from, in, to, at);
            return;
        }
        long size = channels * 4L;
        for (int j = 0; j < outputs(); j++) {
            int first = start[j];
            switch (start[j + 1] - first) {
                case 1 -> one(from, in + pixel[first] * size, weight[first], to, at + j * size, channels);
                case 2 -> two(from, in + pixel[first] * size, weight[first], in + pixel[first + 1] * size, weight[first + 1],
                        to, at + j * size, channels);
                default -> many(from, in, first, start[j + 1], to, at + j * size);
            }
        }
    }

    private void single(MemorySegment from, long in, MemorySegment to, long at) {
        for (int j = 0; j < outputs(); j++) {
            int first = start[j];
            int end = start[j + 1];
            float sum = first == end ? 0 : from.get(FLOAT, in + pixel[first] * 4L) * weight[first];
            for (int e = first + 1; e < end; e++) {
                sum = Math.fma(from.get(FLOAT, in + pixel[e] * 4L), weight[e], sum);
            }
            to.set(FLOAT, at + j * 4L, sum);
        }
    }

    private static void one(MemorySegment from, long a, float wa, MemorySegment to, long at, int n) {
        long bound = (n - n % FLOATS) * 4L;
        for (long i = 0; i < bound; i += FLOATS * 4L) {
            FloatVector.fromMemorySegment(F32, from, a + i, ORDER).mul(wa).intoMemorySegment(to, at + i, ORDER);
        }
        for (long i = bound; i < n * 4L; i += 4) {
            to.set(FLOAT, at + i, from.get(FLOAT, a + i) * wa);
        }
    }

    private static void two(MemorySegment from, long a, float wa, long b, float wb, MemorySegment to, long at, int n) {
        FloatVector va = FloatVector.broadcast(F32, wa);
        FloatVector vb = FloatVector.broadcast(F32, wb);
        long bound = (n - n % FLOATS) * 4L;
        for (long i = 0; i < bound; i += FLOATS * 4L) {
            FloatVector sum = FloatVector.fromMemorySegment(F32, from, a + i, ORDER).mul(va);
            FloatVector.fromMemorySegment(F32, from, b + i, ORDER).fma(vb, sum).intoMemorySegment(to, at + i, ORDER);
        }
        for (long i = bound; i < n * 4L; i += 4) {
            to.set(FLOAT, at + i, Math.fma(from.get(FLOAT, b + i), wb, from.get(FLOAT, a + i) * wa));
        }
    }

    private void many(MemorySegment from, long in, int first, int end, MemorySegment to, long at) {
        long size = channels * 4L;
        long bound = (channels - channels % FLOATS) * 4L;
        for (long i = 0; i < bound; i += FLOATS * 4L) {
            FloatVector sum = FloatVector.zero(F32);
            for (int e = first; e < end; e++) {
                sum = FloatVector.fromMemorySegment(F32, from, in + pixel[e] * size + i, ORDER)
                        .fma(FloatVector.broadcast(F32, weight[e]), sum);
            }
            sum.intoMemorySegment(to, at + i, ORDER);
        }
        for (long i = bound; i < size; i += 4) {
            float sum = 0;
            for (int e = first; e < end; e++) {
                sum = Math.fma(from.get(FLOAT, in + pixel[e] * size + i), weight[e], sum);
            }
            to.set(FLOAT, at + i, sum);
        }
    }
}
