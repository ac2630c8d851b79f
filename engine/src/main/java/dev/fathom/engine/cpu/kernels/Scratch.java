package dev.fathom.engine.cpu.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of the kernels: one 64-byte-aligned buffer per thread and purpose, kept between calls and grown when
 * a call needs more. What is in a buffer at first is whatever the last call left there.
 *
 * <p>A buffer belongs to the thread and is freed by the garbage collector some time after the thread has ended. A
 * parallel region's workers may use the caller's buffer while the region runs.
 */
final class Scratch {
    /** What a buffer is for. Two uses that can be alive at once in one thread need two purposes. */
    enum Purpose {
        /** Packed rows of A and one finished tile: each task of a product has its own. */
        ROWS,
        /** Packed panels of B that all tasks of a product share. */
        PANELS,
        /** Packed panels of B of one task. */
        OWN_PANELS,
        /** Partial sums of a product that is split along K. */
        PARTIALS,
        /** A bias repeated for every place of a window. */
        BIAS,
        /** A product's layer scale, and its bias times that. */
        SCALES,
        /** A whole intermediate matrix of a kernel that calls a product. */
        MATRIX,
        /** Rows between the two passes of a resize. */
        RESAMPLED,
        /** The blocks of one task of attention. */
        ATTENTION
    }

    private static final ThreadLocal<MemorySegment[]> BUFFERS =
        ThreadLocal.withInitial(() -> new MemorySegment[Purpose.values().length]);

    private Scratch() {
    }

    /** This thread's buffer for {@code purpose}, of at least {@code bytes} bytes; valid until the next call for it. */
    static MemorySegment buffer(Purpose purpose, long bytes) {
        MemorySegment[] buffers = BUFFERS.get();
        MemorySegment buffer = buffers[purpose.ordinal()];
        if (buffer == null || buffer.byteSize() < bytes) {
            long size = buffer == null ? bytes : Math.max(bytes, buffer.byteSize() + buffer.byteSize() / 2);
            buffer = Arena.ofAuto().allocate(Math.max(64, (size + 63) & -64L), 64);
            buffers[purpose.ordinal()] = buffer;
        }
        return buffer;
    }
}
