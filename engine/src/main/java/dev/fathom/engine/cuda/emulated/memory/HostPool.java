package dev.fathom.engine.cuda.emulated.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Host memory behind the device's allocations: blocks of a few sizes (powers of two and the halves between), cut from
 * large slabs and used again. It is apart from the engine's own host memory, so that the engine's leak check speaks of
 * the host alone. Not thread-safe; {@link GlobalMemory} holds its lock.
 */
final class HostPool implements AutoCloseable {
    private static final long SLAB = 4L << 20;
    private static final long SMALLEST = 256;

    private final Arena arena = Arena.ofShared();
    private final Map<Long, ArrayDeque<MemorySegment>> free = new HashMap<>();
    private MemorySegment slab = MemorySegment.NULL;
    private long used;

    /** The block size for so many bytes: 2^k or 3 * 2^(k-1), at least 256. */
    static long blockSize(long bytes) {
        long size = SMALLEST;
        while (size < bytes) {
            size <<= 1;
        }
        long between = size / 4 * 3;
        return between >= bytes && between >= SMALLEST ? between : size;
    }

    /** A block of at least so many bytes, 64-byte aligned, with whatever was in it. */
    MemorySegment take(long bytes) {
        long size = blockSize(bytes);
        ArrayDeque<MemorySegment> ready = free.get(size);
        if (ready != null && !ready.isEmpty()) {
            return ready.pop();
        }
        if (size > SLAB / 4) {
            return arena.allocate(size, 64);
        }
        if (slab.byteSize() - used < size) {
            slab = arena.allocate(SLAB, 64);
            used = 0;
        }
        MemorySegment block = slab.asSlice(used, size);
        used += size;
        return block;
    }

    /** Gives a block back that {@link #take} handed out. */
    void give(MemorySegment block) {
        free.computeIfAbsent(block.byteSize(), s -> new ArrayDeque<>()).push(block);
    }

    @Override
    public void close() {
        arena.close();
    }
}
