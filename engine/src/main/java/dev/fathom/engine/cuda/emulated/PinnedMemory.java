package dev.fathom.engine.cuda.emulated;

import dev.fathom.engine.cuda.driver.CudaException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.TreeMap;

/** Host memory that counts as page-locked: only from it are asynchronous copies possible. Guarded by the driver. */
final class PinnedMemory {
    private record Block(Arena arena, long bytes) {
    }

    private final TreeMap<Long, Block> blocks = new TreeMap<>();

    MemorySegment allocate(long bytes) {
        Arena arena = Arena.ofShared();
        MemorySegment memory = arena.allocate(bytes, 4096);
        blocks.put(memory.address(), new Block(arena, bytes));
        return memory;
    }

    void free(MemorySegment pinned) {
        Block block = blocks.remove(pinned.address());
        if (block == null) {
            throw new CudaException("cuMemFreeHost: CUDA_ERROR_INVALID_VALUE (1): this memory was not allocated by "
                    + "cuMemHostAlloc, or was freed before");
        }
        block.arena.close();
    }

    /** Refuses memory that is not page-locked. */
    void require(String call, MemorySegment memory) {
        Map.Entry<Long, Block> at = blocks.floorEntry(memory.address());
        if (at == null || memory.address() + memory.byteSize() > at.getKey() + at.getValue().bytes) {
            throw new CudaException(call + ": the host memory is not page-locked, so the copy cannot run beside the "
                    + "host; copy through memory of hostAlloc");
        }
    }

    int count() {
        return blocks.size();
    }

    void close() {
        blocks.values().forEach(b -> b.arena.close());
        blocks.clear();
    }
}
