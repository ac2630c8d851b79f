package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.cpu.kernels.GemmOutput.Activation;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What becomes of a convolution's sums, by whichever algorithm they were made: y = ReLU( mask( sums + bias + residual +
 * second ) ). All maps are laid out as y, from byte 0 on.
 *
 * @param y        the result
 * @param bias     one float a channel, or null
 * @param residual a map that is added, or null; the same for {@code second}, which is only there beside a first
 * @param mask     a map: where it is 0 or less, y becomes 0; or null
 * @param relu     whether max(., 0) comes last
 */
record ConvOutput(MemorySegment y, MemorySegment bias, MemorySegment residual, MemorySegment second,
                  MemorySegment mask, boolean relu) {

    /** Sums alone, masked unless {@code mask} is null: a gradient. */
    static ConvOutput masked(MemorySegment y, MemorySegment mask) {
        return new ConvOutput(y, null, null, null, mask, false);
    }

    /** As what a product does to its result. */
    GemmOutput ofProduct(int channels) {
        return GemmOutput.to(y, 0, (long) channels * Float.BYTES)
            .withBias(bias, 0)
            .withResidual(residual, second)
            .withMask(mask)
            .withActivation(relu ? Activation.RELU : Activation.NONE, null);
    }

    /** Whether more follows than a bias and a ReLU, so that {@link #finish} has to be called. */
    boolean isMore() {
        return residual != null || mask != null;
    }

    /**
     * Does what comes after the bias to floats that have just been written to y, while they are in the first cache.
     *
     * @param at    byte of the first
     * @param count floats, a multiple of the number of lanes
     */
    void finish(long at, int count) {
        long bytes = (long) count * Float.BYTES;
        run(Raw.address(y, at, bytes), part(residual, at, bytes), part(second, at, bytes), part(mask, at, bytes), relu,
            bytes);
    }

    private static long part(MemorySegment segment, long at, long bytes) {
        return segment == null ? 0 : Raw.address(segment, at, bytes);
    }

    private static void run(long y, long residual, long second, long mask, boolean relu, long bytes) {
        for (long at = 0; at < bytes; at += BYTES) {
            FloatVector value = FloatVector.fromMemorySegment(F32, Raw.ALL, y + at, ORDER);
            if (residual != 0) {
                value = value.add(FloatVector.fromMemorySegment(F32, Raw.ALL, residual + at, ORDER));
            }
            if (second != 0) {
                value = value.add(FloatVector.fromMemorySegment(F32, Raw.ALL, second + at, ORDER));
            }
            if (mask != 0) {
                FloatVector sign = FloatVector.fromMemorySegment(F32, Raw.ALL, mask + at, ORDER);
                value = value.blend(0, sign.compare(VectorOperators.LE, 0));
            }
            if (relu) {
                value = value.max(0);
            }
            value.intoMemorySegment(Raw.ALL, y + at, ORDER);
        }
    }
}
