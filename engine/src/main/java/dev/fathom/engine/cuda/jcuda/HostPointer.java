package dev.fathom.engine.cuda.jcuda;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;

/** A raw address of host memory (or, where JCuda takes a {@link Pointer}, of device memory). */
final class HostPointer extends Pointer {
    /** To be filled by a call. */
    HostPointer() {
    }

    /** 0 is the null pointer. */
    HostPointer(long address) {
        super(address);
    }

    static HostPointer of(MemorySegment segment) {
        return new HostPointer(segment.address());
    }

    long address() {
        return getNativePointer() + getByteOffset();
    }
}
