package dev.fathom.engine.cuda.memory;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;

/** Free blocks by size class. Guarded by its {@link DeviceAllocator}. */
public final class Pool {
    private final Map<Long, Deque<Long>> free = new TreeMap<>();
    /** Whether blocks that come back go to the common pool instead. */
    boolean closed;

    Pool() {
    }

    /** What is done with each free block. */
    @FunctionalInterface
    interface Taker {
        void take(long size, long address);
    }

    /** A free block of exactly this class, the one that came back last; null if there is none. */
    Long take(long size) {
        Deque<Long> blocks = free.get(size);
        return blocks == null ? null : blocks.pollLast();
    }

    void put(long size, long address) {
        free.computeIfAbsent(size, s -> new ArrayDeque<>()).addLast(address);
    }

    /** Empties the pool. */
    void drain(Taker to) {
        free.forEach((size, blocks) -> blocks.forEach(address -> to.take(size, address)));
        free.clear();
    }
}
