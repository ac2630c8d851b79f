package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.cpu.Lanes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The last elements of an array, where a whole vector does not fit: they are copied into a buffer of one vector, the
 * same loop runs on the buffer, and the results are copied back. So a loop has no tail of its own, which would double
 * the code that the JIT compiler has to inline, an element gets the same bits wherever it stands, and no byte beyond
 * the array is touched.
 *
 * <p>Each thread has a few such buffers, {@link #buffer(int)}.
 */
final class Tails {
    /** Buffers a thread: enough for two inputs and an output. */
    private static final int COUNT = 3;

    private static final ThreadLocal<MemorySegment> BUFFERS =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate((long) COUNT * Lanes.BYTES, 64));

    private Tails() {
    }

    /** This thread's buffers, one vector each, one after the other. */
    static MemorySegment buffers() {
        return BUFFERS.get();
    }

    /** Offset of buffer {@code i} in {@link #buffers()}. */
    static long at(int i) {
        return (long) i * Lanes.BYTES;
    }

    /**
     * Copies {@code count} floats, fewer than a vector has, into buffer {@code i}; the rest of the buffer becomes 1.
     */
    static void load(MemorySegment buffers, int i, MemorySegment from, long offset, int count) {
        for (int lane = 0; lane < Lanes.FLOATS; lane++) {
            float v = lane < count ? from.get(Floats.LAYOUT, offset + 4L * lane) : 1;
            buffers.set(Floats.LAYOUT, at(i) + 4L * lane, v);
        }
    }

    /** Copies the first {@code count} floats of buffer {@code i} out. */
    static void store(MemorySegment buffers, int i, MemorySegment to, long offset, int count) {
        for (int lane = 0; lane < count; lane++) {
            to.set(Floats.LAYOUT, offset + 4L * lane, buffers.get(Floats.LAYOUT, at(i) + 4L * lane));
        }
    }
}
