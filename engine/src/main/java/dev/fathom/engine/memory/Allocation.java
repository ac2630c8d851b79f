package dev.fathom.engine.memory;

import java.lang.foreign.MemorySegment;

/** Bytes that an allocator handed out, on the host or on a device, until they are released. */
public interface Allocation {
    /**
     * The bytes, exactly as many as were asked for.
     *
     * @throws dev.fathom.engine.errors.DeviceException if they are not in this process's memory
     */
    MemorySegment segment();

    /** Where they start, in the address space of their device. */
    long address();

    /** Gives them back. */
    void release();
}
