package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Weighted sums of pixels within one row of [W,C] float32: the other half of a resize.
 *
 * <p>With at least as many channels as a vector has lanes, a vector holds channels of one pixel and the loop runs along
 * the row, one block of channels after the other: the loop over a pixel's few channels would be shorter than its own
 * start-up. The last block overlaps the one before it. With fewer channels the row is a row of single values, moved
 * through arrays because a scalar read from an array is half the work of one from a segment.
 *
 * <p>Terms are added in the order given, the first as a product, each further one with a fused multiply-add; in all
 * branches alike.
 */
final class PixelBlend {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    private static final ThreadLocal<float[][]> VALUES = ThreadLocal.withInitial(() -> new float[2][0]);

    private final int channels;
    private final int inputs;
    private final int outputs;
    /**
     * Output j sums entries start[j] to start[j+1] - 1. An output is a pixel, or a single value if there are few
     * channels.
     */
    private final int[] start;
    private final int[] source;
    private final float[] weight;
    /** Whether every output has exactly two terms, which is what an enlargement does most of the time. */
    private final boolean pairs;

    /**
     * @param start output pixel j sums entries start[j] to start[j+1] - 1, in that order; none means zero
     * @param pixel the pixel that each entry reads
     * @param weight its weight
     * @param inputs W of the row that is read
     * @param channels C
     */
    PixelBlend(int[] start, int[] pixel, double[] weight, int inputs, int channels) {
        this.channels = channels;
        int repeat = repeat();
        int pixels = start.length - 1;
        this.inputs = inputs * repeat;
        this.outputs = pixels * repeat;
        this.start = new int[outputs + 1];
        this.source = new int[pixel.length * repeat];
        this.weight = new float[pixel.length * repeat];
        boolean two = true;
        for (int j = 0, at = 0; j < pixels; j++) {
            two &= start[j + 1] - start[j] == 2;
            for (int c = 0; c < repeat; c++) {
                for (int e = start[j]; e < start[j + 1]; e++) {
                    source[at] = pixel[e] * repeat + c;
                    this.weight[at++] = (float) weight[e];
                }
                this.start[j * repeat + c + 1] = at;
            }
        }
        this.pairs = two;
    }

    /**
     * How many output pixels make a tile of at most {@code floats} values; the whole row where it is not worth cutting.
     */
    int tile(int floats) {
        return channels < FLOATS ? outputs / channels : Math.clamp(floats / channels, 1, outputs);
    }

    /** The first pixel of the input that output pixels [from, to) read. */
    int firstSource(int from, int to) {
        int first = Integer.MAX_VALUE;
        for (int e = start[from * repeat()]; e < start[to * repeat()]; e++) {
            first = Math.min(first, source[e]);
        }
        return first == Integer.MAX_VALUE ? 0 : first / repeat();
    }

    /** One more than the last pixel of the input that output pixels [from, to) read; 0 if they read none. */
    int endSource(int from, int to) {
        int last = -1;
        for (int e = start[from * repeat()]; e < start[to * repeat()]; e++) {
            last = Math.max(last, source[e]);
        }
        return last < 0 ? 0 : last / repeat() + 1;
    }

    /** Entries of single values come once a channel. */
    private int repeat() {
        return channels < FLOATS ? channels : 1;
    }

    /**
     * Makes output pixels [first, end) of one row.
     *
     * @param in byte offset in {@code from} of pixel 0 of the input row
     * @param at byte offset in {@code to} of output pixel {@code first}
     */
    void run(MemorySegment from, long in, MemorySegment to, long at, int first, int end) {
        if (channels < FLOATS) {
            values(from, in, to, at);
            return;
        }
        for (int c = 0; c < channels; c += FLOATS) {
            long offset = Math.min(c, channels - FLOATS) * 4L;
            if (pairs) {
                pairBlock(from, in + offset, to, at + offset, first, end);
            } else {
                block(from, in + offset, to, at + offset, first, end);
            }
        }
    }

    private void pairBlock(MemorySegment from, long in, MemorySegment to, long at, int begin, int stop) {
        long size = channels * 4L;
        int[] s = source;
        float[] w = weight;
        for (int j = begin; j < stop; j++) {
            FloatVector sum = FloatVector.fromMemorySegment(F32, from, in + s[2 * j] * size, ORDER).mul(w[2 * j]);
            FloatVector.fromMemorySegment(F32, from, in + s[2 * j + 1] * size, ORDER)
                    .fma(FloatVector.broadcast(F32, w[2 * j + 1]), sum)
                            .intoMemorySegment(to, at + (j - begin) * size, ORDER);
        }
    }

    private void block(MemorySegment from, long in, MemorySegment to, long at, int begin, int stop) {
        long size = channels * 4L;
        for (int j = begin; j < stop; j++) {
            int first = start[j];
            int end = start[j + 1];
            FloatVector sum = first == end ? FloatVector.zero(F32)
                    : FloatVector.fromMemorySegment(F32, from, in + source[first] * size, ORDER).mul(weight[first]);
            for (int e = first + 1; e < end; e++) {
                sum = FloatVector.fromMemorySegment(F32, from, in + source[e] * size, ORDER)
                        .fma(FloatVector.broadcast(F32, weight[e]), sum);
            }
            sum.intoMemorySegment(to, at + (j - begin) * size, ORDER);
        }
    }

    private void values(MemorySegment from, long in, MemorySegment to, long at) {
        float[][] buffers = VALUES.get();
        if (buffers[0].length < inputs) {
            buffers[0] = new float[inputs];
        }
        if (buffers[1].length < outputs) {
            buffers[1] = new float[outputs];
        }
        MemorySegment.copy(from, FLOAT, in, buffers[0], 0, inputs);
        if (pairs) {
            pairValues(buffers[0], buffers[1], source, weight, outputs);
        } else {
            sumValues(buffers[0], buffers[1]);
        }
        MemorySegment.copy(buffers[1], 0, to, FLOAT, at, outputs);
    }

    private static void pairValues(float[] x, float[] y, int[] s, float[] w, int n) {
        for (int j = 0; j < n; j++) {
            y[j] = Math.fma(x[s[2 * j + 1]], w[2 * j + 1], x[s[2 * j]] * w[2 * j]);
        }
    }

    private void sumValues(float[] x, float[] y) {
        for (int j = 0; j < outputs; j++) {
            int first = start[j];
            int end = start[j + 1];
            float sum = first == end ? 0 : x[source[first]] * weight[first];
            for (int e = first + 1; e < end; e++) {
                sum = Math.fma(x[source[e]], weight[e], sum);
            }
            y[j] = sum;
        }
    }
}
