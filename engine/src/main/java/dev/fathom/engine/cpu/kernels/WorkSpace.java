package dev.fathom.engine.cpu.kernels;

import java.lang.foreign.MemorySegment;
import java.util.function.LongFunction;

/**
 * The kernels' working memory of one thread, seen from outside: what stays allocated between their calls, apart from
 * tensors. While this is open, the thread's buffers come from the given source, so that asking for them need not take
 * memory.
 */
public final class WorkSpace implements AutoCloseable {
    private WorkSpace() {
    }

    /** Until it is closed, on the calling thread; whatever buffers the thread had are forgotten. */
    public static WorkSpace from(LongFunction<MemorySegment> source) {
        Scratch.from(source);
        return new WorkSpace();
    }

    /** Bytes that the thread's buffers have now. */
    public long heldBytes() {
        return Scratch.heldBytes();
    }

    @Override
    public void close() {
        Scratch.from(null);
    }
}
