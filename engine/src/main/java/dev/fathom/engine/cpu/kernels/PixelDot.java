package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The 1 x 1 convolution to a single channel, which ends every depth head: one dot product a pixel. As a matrix product
 * it would be one column of a tile of two vectors, and nearly all of the work would be thrown away; so it is limited by
 * the memory that it reads.
 *
 * <p>Numerics: channels are summed lane by lane in fused multiply-adds, then across lanes in the fixed order of
 * {@link Floats#sum}, then the bias is added.
 *
 * @param weight one float a channel
 * @param bias   added to every sum
 * @param relu   whether max(., 0) follows
 * @param y      one float a pixel
 */
record PixelDot(int channels, MemorySegment weight, float bias, boolean relu, MemorySegment y) {
    /** @param bias one float or null */
    static PixelDot of(int channels, MemorySegment weight, MemorySegment bias, boolean relu, MemorySegment y) {
        return new PixelDot(channels, weight, bias == null ? 0 : bias.get(Floats.LAYOUT, 0), relu, y);
    }

    /** y[p] = act(bias + sum over c of x[p, c] weight[c]) for a whole map. */
    void run(MemorySegment x, long pixels) {
        Chunks.run(pixels, Chunks.rows(channels), (from, to) -> {
            for (long p = from; p < to; p++) {
                pixel(x, 4L * p * channels, p);
            }
        });
    }

    /** Pixel {@code p}, whose channels are at byte {@code at}. */
    void pixel(MemorySegment x, long at, long p) {
        float sum = dot(x, at, weight, channels) + bias;
        y.set(Floats.LAYOUT, 4L * p, relu && sum < 0 ? 0 : sum);
    }

    private static float dot(MemorySegment x, long at, MemorySegment weight, int channels) {
        FloatVector sum = Floats.all(0f);
        int whole = Floats.whole(channels);
        for (int c = 0; c < whole; c += FLOATS) {
            sum = Floats.load(x, at + 4L * c).fma(Floats.load(weight, 4L * c), sum);
        }
        if (whole < channels) {
            VectorMask<Float> rest = Floats.rest(channels);
            sum = Floats.load(x, at + 4L * whole, rest).fma(Floats.load(weight, 4L * whole, rest), sum);
        }
        return Floats.sum(sum);
    }
}
