package dev.fathom.engine.dispatch;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.Allocation;
import dev.fathom.engine.memory.MemoryStats;
import dev.fathom.engine.ops.Op;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A device: its memory and its kernels. */
public interface Backend {
    Device device();

    /**
     * The kernel for an operation on inputs of these dtypes.
     *
     * @throws dev.fathom.engine.errors.MissingKernelException naming operation, dtypes and device
     */
    Kernel<Op> kernel(Op op, List<Tensor> in);

    /** New bytes of this device, uninitialised. */
    Allocation allocate(long bytes);

    /**
     * Copies host bytes into a tensor of this device, after the work that was issued before. {@code from} may change
     * as soon as this returns.
     */
    void upload(MemorySegment from, Tensor to);

    /** Copies a tensor of this device to the host once the work issued before is done. */
    void download(Tensor from, MemorySegment to);

    /** Copies between two tensors of this device with as many bytes. */
    void copy(Tensor from, Tensor to);

    /** Sets all bytes of a tensor of this device to 0. */
    void zero(Tensor t);

    /** Returns when all work issued before is done; a failure of that work is thrown here at the latest. */
    void synchronize();

    /** What tensors of this device take. */
    MemoryStats memory();

    /** About how many bytes tensors can have: on a GPU what is free now, on the host what the machine has at all. */
    long availableBytes();

    /** Frees what the backend holds; its tensors must not be used any more. */
    default void close() {
    }
}
