package dev.fathom.engine.cuda.emulated.ptx.run;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The local memory of a block's threads (arrays that the compiler could not keep in registers). */
final class LocalMemory {
    final int bytes;
    private final MemorySegment memory;
    private final boolean[] written;

    LocalMemory(int bytes, int threads) {
        this.bytes = bytes;
        this.memory = bytes == 0 ? MemorySegment.NULL : Arena.ofAuto().allocate((long) bytes * threads, 64);
        this.written = new boolean[Math.multiplyExact(bytes, threads)];
    }

    void begin() {
        Arrays.fill(written, false);
    }

    /** The host address of a thread's byte; the offset is inside. */
    long host(int thread, long offset) {
        return memory.address() + (long) thread * bytes + offset;
    }

    void markWritten(int thread, long offset, int count) {
        int at = (int) (thread * (long) bytes + offset);
        Arrays.fill(written, at, at + count, true);
    }

    boolean isWritten(int thread, long offset, int count) {
        int at = (int) (thread * (long) bytes + offset);
        for (int i = at; i < at + count; i++) {
            if (!written[i]) {
                return false;
            }
        }
        return true;
    }
}
