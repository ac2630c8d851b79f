package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * Moves lines of float32 (contiguous runs a fixed number of bytes apart): copied, or transposed. What packing is made
 * of.
 */
final class Lines {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);
    private static final long FIRST = 0xffffffffL;
    private static final int BLOCK = 8;

    private Lines() {
    }

    /** to[l][w] = from[l][w] for {@code lines} lines of {@code width} floats; steps in bytes. */
    static void copy(MemorySegment from, long fromOffset, long fromStep,
                     MemorySegment to, long toOffset, long toStep, int lines, int width) {
        if (lines <= 0 || width <= 0) {
            return;
        }
        long target = Raw.address(to, toOffset, (lines - 1) * toStep + (long) width * Float.BYTES);
        copyTo(from, fromOffset, fromStep, target, toStep, lines, width);
    }

    /** {@link #copy} to an address that the caller has checked; at least one line and one float. */
    static void copyTo(MemorySegment from, long fromOffset, long fromStep, long target, long toStep,
                       int lines, int width) {
        long source = Raw.address(from, fromOffset, (lines - 1) * fromStep + (long) width * Float.BYTES);
        if (width == 2 * FLOATS) {
            for (int l = 0; l < lines; l++) {
                FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, source + l * fromStep, ORDER);
                FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, source + l * fromStep + BYTES, ORDER);
                left.intoMemorySegment(Raw.ALL, target + l * toStep, ORDER);
                right.intoMemorySegment(Raw.ALL, target + l * toStep + BYTES, ORDER);
            }
            return;
        }
        for (int l = 0; l < lines; l++) {
            run(source + l * fromStep, target + l * toStep, width);
        }
    }

    /**
     * Deals the floats of each line to groups: to[w / group][l][w % group] = from[l][w].
     *
     * @param toStep    bytes from one line of a group to the next
     * @param groupStep bytes from one group to the next
     */
    static void deal(MemorySegment from, long fromOffset, long fromStep, MemorySegment to, long toOffset, long toStep,
                     int group, long groupStep, int lines, int width) {
        if (lines <= 0 || width <= 0) {
            return;
        }
        int groups = (width + group - 1) / group;
        long source = Raw.address(from, fromOffset, (lines - 1) * fromStep + (long) width * Float.BYTES);
        long target = Raw.address(to, toOffset,
            (groups - 1) * groupStep + (lines - 1) * toStep + (long) group * Float.BYTES);
        for (int l = 0; l < lines; l++) {
            for (int g = 0; g < groups; g++) {
                run(source + l * fromStep + (long) g * group * Float.BYTES, target + g * groupStep + l * toStep,
                    Math.min(group, width - g * group));
            }
        }
    }

    /**
     * to[l][w] = max(to[l][w], 0) in place; whole vectors, so up to a vector's width beyond {@code width} is rewritten
     * too, which must be room between the lines.
     */
    static void relu(MemorySegment to, long toOffset, long toStep, int lines, int width) {
        long bytes = (width + FLOATS - 1L) / FLOATS * BYTES;
        if (lines <= 0 || bytes <= 0) {
            return;
        }
        long target = Raw.address(to, toOffset, (lines - 1) * toStep + bytes);
        for (int l = 0; l < lines; l++) {
            for (long at = target + l * toStep; at < target + l * toStep + bytes; at += BYTES) {
                FloatVector.fromMemorySegment(F32, Raw.ALL, at, ORDER).max(0).intoMemorySegment(Raw.ALL, at, ORDER);
            }
        }
    }

    /**
     * to[l][w] = to[l][w] * factors[w] in place, for {@code lines} lines of {@code width} floats, a multiple of the
     * number of lanes.
     */
    static void multiply(MemorySegment to, long toOffset, int lines, long toStep,
                         MemorySegment factors, long factorsOffset, int width) {
        if (lines <= 0 || width <= 0) {
            return;
        }
        long bytes = (long) width * Float.BYTES;
        long target = Raw.address(to, toOffset, (lines - 1) * toStep + bytes);
        long source = Raw.address(factors, factorsOffset, bytes);
        for (int l = 0; l < lines; l++) {
            for (long at = 0; at < bytes; at += BYTES) {
                FloatVector factor = FloatVector.fromMemorySegment(F32, Raw.ALL, source + at, ORDER);
                FloatVector.fromMemorySegment(F32, Raw.ALL, target + l * toStep + at, ORDER).mul(factor)
                    .intoMemorySegment(Raw.ALL, target + l * toStep + at, ORDER);
            }
        }
    }

    /** Copies {@code width} floats between checked addresses; the last vector overlaps the one before it. */
    static void run(long source, long target, int width) {
        if (width < FLOATS) {
            // In pairs: half as many moves.
            long even = (width & ~1) * (long) Float.BYTES;
            for (long at = 0; at < even; at += Long.BYTES) {
                Raw.ALL.set(LONG, (target + at) & Raw.REACH, Raw.ALL.get(LONG, (source + at) & Raw.REACH));
            }
            if ((width & 1) != 0) {
                Raw.ALL.set(FLOAT, target + even, Raw.ALL.get(FLOAT, source + even));
            }
            return;
        }
        long last = (long) (width - FLOATS) * Float.BYTES;
        for (long at = 0; at < last; at += (long) FLOATS * Float.BYTES) {
            FloatVector.fromMemorySegment(F32, Raw.ALL, source + at, ORDER)
                .intoMemorySegment(Raw.ALL, target + at, ORDER);
        }
        FloatVector.fromMemorySegment(F32, Raw.ALL, source + last, ORDER)
            .intoMemorySegment(Raw.ALL, target + last, ORDER);
    }

    /** Writes {@code width} zeros at a checked address. */
    static void zero(long target, int width) {
        if (width < FLOATS) {
            for (long at = 0; at < (long) width * Float.BYTES; at += Float.BYTES) {
                Raw.ALL.set(FLOAT, target + at, 0);
            }
            return;
        }
        FloatVector zero = FloatVector.zero(F32);
        long last = (long) (width - FLOATS) * Float.BYTES;
        for (long at = 0; at < last; at += (long) FLOATS * Float.BYTES) {
            zero.intoMemorySegment(Raw.ALL, target + at, ORDER);
        }
        zero.intoMemorySegment(Raw.ALL, target + last, ORDER);
    }

    /** to[w][l] = from[l][w] for {@code lines} lines of {@code width} floats; steps in bytes. */
    static void transpose(MemorySegment from, long fromOffset, long fromStep,
                          MemorySegment to, long toOffset, long toStep, int lines, int width) {
        if (lines <= 0 || width <= 0) {
            return;
        }
        long source = Raw.address(from, fromOffset, (lines - 1) * fromStep + (long) width * Float.BYTES);
        long target = Raw.address(to, toOffset, (width - 1) * toStep + (long) lines * Float.BYTES);
        for (int l = 0; l < lines; l += BLOCK) {
            int height = Math.min(BLOCK, lines - l);
            long sourceBlock = source + l * fromStep;
            long targetBlock = target + (long) l * Float.BYTES;
            if (height == BLOCK) {
                transposeEight(sourceBlock, fromStep, targetBlock, toStep, width);
            } else {
                for (int w = 0; w < width; w++) {
                    for (int i = 0; i < height; i++) {
                        Raw.ALL.set(FLOAT, targetBlock + w * toStep + (long) i * Float.BYTES,
                            Raw.ALL.get(FLOAT, sourceBlock + i * fromStep + (long) w * Float.BYTES));
                    }
                }
            }
        }
    }

    /**
     * Eight lines, two positions at a time: a pair of neighbours is one 64-bit load, and two pairs are put together
     * crosswise by shifts, which halves the loads and stores that limit a transposition.
     */
    private static void transposeEight(long source, long fromStep, long target, long toStep, int width) {
        long two = source + 2 * fromStep;
        long four = source + 4 * fromStep;
        long six = source + 6 * fromStep;
        int w = 0;
        for (; w + 2 <= width; w += 2) {
            long at = (long) w * Float.BYTES;
            long to = target + w * toStep;
            cross(source + at, fromStep, to, toStep);
            cross(two + at, fromStep, to + 8, toStep);
            cross(four + at, fromStep, to + 16, toStep);
            cross(six + at, fromStep, to + 24, toStep);
        }
        if (w < width) {
            for (int i = 0; i < BLOCK; i++) {
                Raw.ALL.set(FLOAT, target + w * toStep + (long) i * Float.BYTES,
                    Raw.ALL.get(FLOAT, source + i * fromStep + (long) w * Float.BYTES));
            }
        }
    }

    /** A 2 x 2 block: [a b; c d] at {@code source} becomes [a c; b d] at {@code target}. */
    private static void cross(long source, long fromStep, long target, long toStep) {
        long upper = Raw.ALL.get(LONG, source);
        long lower = Raw.ALL.get(LONG, source + fromStep);
        Raw.ALL.set(LONG, target, upper & FIRST | lower << 32);
        Raw.ALL.set(LONG, target + toStep, upper >>> 32 | lower & ~FIRST);
    }
}
