package dev.fathom.engine.dispatch;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.Allocation;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryStats;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;

/** What the backends share whose tensors lie in this process's memory and whose kernels are done when they return. */
public interface HostBackend extends Backend {
    @Override
    default Allocation allocate(long bytes) {
        return HostAllocator.shared().allocate(bytes);
    }

    @Override
    default void upload(MemorySegment from, Tensor to) {
        to.segment().copyFrom(from);
    }

    @Override
    default void download(Tensor from, MemorySegment to) {
        to.copyFrom(from.segment());
    }

    @Override
    default void copy(Tensor from, Tensor to) {
        to.segment().copyFrom(from.segment());
    }

    @Override
    default void zero(Tensor t) {
        t.segment().fill((byte) 0);
    }

    @Override
    default MemoryStats memory() {
        return HostAllocator.shared().stats();
    }

    /** This machine's memory (or container's), less what others need and the heap's size. */
    @Override
    default long availableBytes() {
        var os = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return (long) (os.getTotalMemorySize() * 0.85) - Runtime.getRuntime().totalMemory();
    }

    @Override
    default void synchronize() {
        // Kernels are done when they return.
    }
}
