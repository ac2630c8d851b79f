package dev.fathom.engine.cpu.dry;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.cpu.kernels.WorkSpace;
import dev.fathom.engine.dispatch.Backend;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.memory.Allocation;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryStats;
import dev.fathom.engine.ops.Op;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The cpu for finding out how much memory a computation takes, without taking it and in no time: the dispatcher, the
 * kernels and the allocator are the real ones, but the pool that kernels hand their work to does none, and what is
 * allocated are addresses that nobody writes to. So tensors, the temporaries of kernels and their working memory are
 * those of the real run by construction, and no formula can fall behind the code.
 *
 * <pre>{@code
 * try (DryCpu dry = DryCpu.open(); MemoryScope scope = MemoryScope.open("dry")) {
 *     model.parameters().allocate(dry.device());
 *     step.run(batch);                           // on dry.device()
 *     long bytes = dry.memory().peakBytes();
 * }
 * }</pre>
 *
 * <p>All values are zeros or whatever; nothing may depend on them. For one thread, which runs nothing real meanwhile.
 */
public final class DryCpu implements Backend, AutoCloseable {
    /** An address of its own among devices, so that it never stands in for one that exists. */
    private static final Device DEVICE = Device.emulated(1_001);

    private final HostAllocator allocator = HostAllocator.pretending();
    /** Of the kernels' buffers, which are not freed one by one. */
    private final List<Allocation> buffers = new ArrayList<>();
    private final HostAllocator bufferAllocator = HostAllocator.pretending();
    private final WorkPool.Visit idle;
    private final WorkSpace workSpace;
    private boolean closed;

    private DryCpu() {
        idle = WorkPool.idle().use();
        workSpace = WorkSpace.from(this::buffer);
    }

    private MemorySegment buffer(long bytes) {
        Allocation allocation = bufferAllocator.allocate(bytes);
        buffers.add(allocation);
        return allocation.segment();
    }

    /**
     * Installs it until it is closed; one at a time.
     *
     * @throws dev.fathom.engine.errors.FathomException on systems without {@link HostAllocator#pretending}
     */
    public static DryCpu open() {
        DryCpu dry = new DryCpu();
        Backends.install(dry);
        return dry;
    }

    @Override
    public Device device() {
        return DEVICE;
    }

    @Override
    public Kernel<Op> kernel(Op op, List<Tensor> in) {
        return Backends.of(Device.CPU).kernel(op, in);
    }

    @Override
    public Allocation allocate(long bytes) {
        return allocator.allocate(bytes);
    }

    @Override
    public void upload(MemorySegment from, Tensor to) {
        // Values do not matter.
    }

    @Override
    public void download(Tensor from, MemorySegment to) {
        to.fill((byte) 0);
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        // Values do not matter.
    }

    @Override
    public void zero(Tensor t) {
        // Values do not matter.
    }

    @Override
    public void synchronize() {
        // There is nothing to wait for.
    }

    /** What tensors, and the temporaries of kernels among them, would take. */
    @Override
    public MemoryStats memory() {
        return allocator.stats();
    }

    /** Bytes that the kernels' buffers have on the thread that calls them; each helper has a few more of its own. */
    public long workSpaceBytes() {
        return workSpace.heldBytes();
    }

    @Override
    public long availableBytes() {
        return Long.MAX_VALUE;
    }

    /** Starts a new measurement of the peak. */
    public void resetPeak() {
        allocator.resetPeak();
    }

    /** After the scopes of all its tensors. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        Backends.close(DEVICE);
        workSpace.close();
        idle.close();
        buffers.forEach(Allocation::release);
        bufferAllocator.trim();
        allocator.trim();
    }
}
