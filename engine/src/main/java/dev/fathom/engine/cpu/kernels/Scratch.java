package dev.fathom.engine.cpu.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongFunction;

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
    /** Of a thread that works somewhere else than in memory of its own. */
    private static final ThreadLocal<LongFunction<MemorySegment>> SOURCE = new ThreadLocal<>();

    private Scratch() {
    }

    /** This thread's buffer for {@code purpose}, of at least {@code bytes} bytes; valid until the next call for it. */
    static MemorySegment buffer(Purpose purpose, long bytes) {
        MemorySegment[] buffers = BUFFERS.get();
        MemorySegment buffer = buffers[purpose.ordinal()];
        if (buffer == null || buffer.byteSize() < bytes) {
            long size = buffer == null ? bytes : Math.max(bytes, buffer.byteSize() + buffer.byteSize() / 2);
            long rounded = Math.max(64, (size + 63) & -64L);
            LongFunction<MemorySegment> source = SOURCE.get();
            buffer = source == null ? Arena.ofAuto().allocate(rounded, 64) : source.apply(rounded);
            buffers[purpose.ordinal()] = buffer;
        }
        return buffer;
    }

    /**
     * Lets this thread's buffers come from elsewhere, or from memory of its own again (null); it has none at first.
     *
     * @param source of a segment of so many bytes that starts at a multiple of 64
     */
    static void from(LongFunction<MemorySegment> source) {
        if (source == null) {
            SOURCE.remove();
        } else {
            SOURCE.set(source);
        }
        BUFFERS.remove();
    }

    /** Bytes of all buffers that this thread has now. */
    static long heldBytes() {
        return Arrays.stream(BUFFERS.get()).filter(Objects::nonNull).mapToLong(MemorySegment::byteSize).sum();
    }
}
