package dev.fathom.engine.cuda;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.dispatch.Backend;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.memory.Allocation;
import dev.fathom.engine.memory.MemoryStats;
import dev.fathom.engine.ops.Op;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A GPU, real or emulated, offered to the dispatcher. */
public final class CudaBackend implements Backend {
    private final CudaDevice cuda;
    private final CudaKernelTable table;
    private volatile boolean debugSync;

    /** Takes over the driver: it is closed with this backend. */
    public CudaBackend(Device device, CudaDriver driver) {
        this(device, driver, CudaKernels.table());
    }

    /** With launchers of one's own: for tests that plant a fault. */
    public CudaBackend(Device device, CudaDriver driver, CudaKernelTable table) {
        this.cuda = new CudaDevice(device, driver);
        this.table = table;
    }

    /** The GPU, for graphs, statistics and tests. */
    public CudaDevice cuda() {
        return cuda;
    }

    /**
     * Waits after every operation, so that a failure is reported by the operation that caused it and not by a later
     * one. Slow; for finding errors ({@code --debug-sync}).
     */
    public void debugSync(boolean on) {
        debugSync = on;
    }

    @Override
    public Device device() {
        return cuda.device();
    }

    @Override
    public Kernel<Op> kernel(Op op, List<Tensor> in) {
        CudaKernel<Op> kernel = table.find(op, in);
        return debugSync ? (o, inputs, out) -> runAndWait(kernel, o, inputs, out)
                : (o, inputs, out) -> kernel.run(cuda, o, inputs, out);
    }

    private void runAndWait(CudaKernel<Op> kernel, Op op, List<Tensor> in, List<Tensor> out) {
        try {
            kernel.run(cuda, op, in, out);
            cuda.synchronize();
        } catch (CudaException e) {
            throw new CudaException(op.name() + " " + op + " on " + in + ": " + e.getMessage(), e.isSticky(), e);
        }
    }

    @Override
    public Allocation allocate(long bytes) {
        return cuda.allocator().allocate(bytes);
    }

    @Override
    public void upload(MemorySegment from, Tensor to) {
        cuda.upload(from, to.address());
    }

    @Override
    public void download(Tensor from, MemorySegment to) {
        cuda.download(from.address(), to);
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        cuda.driver().copyOnDevice(to.address(), from.address(), from.bytes(), cuda.stream());
    }

    @Override
    public void zero(Tensor t) {
        cuda.driver().fill(t.address(), (byte) 0, t.bytes(), cuda.stream());
    }

    @Override
    public void synchronize() {
        cuda.synchronize();
    }

    @Override
    public MemoryStats memory() {
        return cuda.allocator().stats();
    }

    @Override
    public long availableBytes() {
        MemoryStats ours = memory();
        return cuda.driver().memInfo().freeBytes() + ours.reservedBytes() - ours.liveBytes();
    }

    @Override
    public void close() {
        cuda.close();
    }

    /** The table, for the coverage test. */
    public CudaKernelTable table() {
        return table;
    }
}
