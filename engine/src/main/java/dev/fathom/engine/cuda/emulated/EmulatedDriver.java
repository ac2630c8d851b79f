package dev.fathom.engine.cuda.emulated;

import dev.fathom.engine.cuda.driver.Arguments;
import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.DeviceOutOfMemoryException;
import dev.fathom.engine.cuda.driver.DeviceProperties;
import dev.fathom.engine.cuda.driver.Dim3;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.MemoryInfo;
import dev.fathom.engine.cuda.emulated.library.EmulatedConvolutions;
import dev.fathom.engine.cuda.emulated.library.EmulatedProducts;
import dev.fathom.engine.cuda.emulated.memory.GlobalMemory;
import dev.fathom.engine.cuda.emulated.ptx.Emulator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * A GPU made of Java: device memory whose every access is checked, streams, events and graphs, the shipped PTX run by
 * an interpreter, and products and convolutions by cuBLAS's and cuDNN's conventions. What a kernel or its caller does
 * wrong is a {@link dev.fathom.engine.cuda.emulated.report.KernelFault} with a paragraph that says where.
 *
 * <p>All calls are synchronised; work runs on the thread that issues it, or that waits for it (see
 * {@link EmulatedOptions#lazy}).
 */
public final class EmulatedDriver implements CudaDriver {
    private final EmulatedOptions options;
    private final GlobalMemory memory;
    private final Handles handles = new Handles();
    private final PinnedMemory pinned = new PinnedMemory();
    private final EmulatedLaunches launches;
    private final WorkQueue queue;
    private boolean closed;

    public EmulatedDriver(EmulatedOptions options) {
        this.options = options;
        this.memory = new GlobalMemory(options.memoryBytes());
        this.launches = new EmulatedLaunches(memory, options);
        this.queue = new WorkQueue(options.lazy());
    }

    private record Stream() {
    }

    /** A point in the queue, and when it was passed: 0 before. */
    private static final class Event {
        private long passedAt;
    }

    private record Graph(List<Runnable> work) {
    }

    private record GraphExec(List<Runnable> work) {
    }

    /** The device's memory, for tests. */
    public GlobalMemory memory() {
        return memory;
    }

    /** Live streams, events, modules, graphs and page-locked blocks: 0 where nothing leaks. */
    public synchronized long liveObjects() {
        return handles.count(Object.class) + pinned.count();
    }

    @Override
    public DeviceProperties properties() {
        return new DeviceProperties("emulated GPU", options.computeCapability(), 4, options.memoryBytes(), Emulator.MAX_SHARED,
                options.driverVersion());
    }

    // --- memory ---------------------------------------------------------------------------------------------------

    @Override
    public synchronized long memAlloc(long bytes) {
        requireOpen();
        try {
            return memory.malloc(bytes, "memory of " + bytes + " bytes");
        } catch (GlobalMemory.OutOfDeviceMemory e) {
            throw new DeviceOutOfMemoryException(e.getMessage());
        }
    }

    @Override
    public synchronized void memFree(long address) {
        requireOpen();
        if (!queue.isCapturing()) {
            queue.drain("cuMemFree");
        }
        memory.free(address);
    }

    @Override
    public synchronized MemoryInfo memInfo() {
        return new MemoryInfo(options.memoryBytes() - memory.liveBytes(), options.memoryBytes());
    }

    @Override
    public synchronized MemorySegment hostAlloc(long bytes) {
        requireOpen();
        return pinned.allocate(bytes);
    }

    @Override
    public synchronized void hostFree(MemorySegment memory) {
        pinned.free(memory);
    }

    @Override
    public synchronized void copyToDevice(long to, MemorySegment from, long stream) {
        pinned.require("cuMemcpyHtoDAsync", from);
        issue("cuMemcpyHtoDAsync", stream, () -> memory.copyIn(to, from));
    }

    @Override
    public synchronized void copyToHost(MemorySegment to, long from, long stream) {
        pinned.require("cuMemcpyDtoHAsync", to);
        issue("cuMemcpyDtoHAsync", stream, () -> memory.copyOut(to, from));
    }

    @Override
    public synchronized void copyOnDevice(long to, long from, long bytes, long stream) {
        issue("cuMemcpyDtoDAsync", stream, () -> memory.copy(to, from, bytes));
    }

    @Override
    public synchronized void fill(long address, byte value, long bytes, long stream) {
        issue("cuMemsetD8Async", stream, () -> memory.memset(address, value, bytes));
    }

    @Override
    public synchronized void handedOut(long address, long bytes, String label) {
        // In the order of the work: a block may change hands while work that reads it is still queued.
        queue.issue(() -> memory.handOut(address, bytes, label));
    }

    @Override
    public synchronized void handedBack(long address) {
        // Tensors go back also when the device is closed or lost.
        if (!closed && !queue.isLost()) {
            queue.issue(() -> memory.handBack(address));
        }
    }

    // --- streams and events ---------------------------------------------------------------------------------------

    @Override
    public synchronized long streamCreate() {
        requireOpen();
        return handles.add(new Stream());
    }

    @Override
    public synchronized void streamDestroy(long stream) {
        handles.remove("cuStreamDestroy", Stream.class, stream);
    }

    @Override
    public synchronized void streamSynchronize(long stream) {
        handles.get("cuStreamSynchronize", Stream.class, stream);
        queue.drain("cuStreamSynchronize");
    }

    @Override
    public synchronized long eventCreate() {
        requireOpen();
        return handles.add(new Event());
    }

    @Override
    public synchronized void eventDestroy(long event) {
        handles.remove("cuEventDestroy", Event.class, event);
    }

    @Override
    public synchronized void eventRecord(long event, long stream) {
        Event e = handles.get("cuEventRecord", Event.class, event);
        e.passedAt = 0;
        issue("cuEventRecord", stream, () -> e.passedAt = System.nanoTime());
    }

    @Override
    public synchronized void eventSynchronize(long event) {
        handles.get("cuEventSynchronize", Event.class, event);
        queue.drain("cuEventSynchronize");
    }

    @Override
    public synchronized boolean eventQuery(long event) {
        return handles.get("cuEventQuery", Event.class, event).passedAt != 0;
    }

    @Override
    public synchronized float eventElapsedMillis(long start, long end) {
        long from = handles.get("cuEventElapsedTime", Event.class, start).passedAt;
        long to = handles.get("cuEventElapsedTime", Event.class, end).passedAt;
        if (from == 0 || to == 0) {
            throw new CudaException("cuEventElapsedTime: CUDA_ERROR_NOT_READY (600): an event was not recorded, or its "
                    + "work is not done; synchronise with it first");
        }
        return (to - from) / 1e6f;
    }

    @Override
    public synchronized void streamWaitEvent(long stream, long event) {
        handles.get("cuStreamWaitEvent", Stream.class, stream);
        // One queue: what was issued before the event runs before what is issued now.
        handles.get("cuStreamWaitEvent", Event.class, event);
    }

    // --- modules and launches -------------------------------------------------------------------------------------

    @Override
    public synchronized long moduleLoad(String name, String ptx) {
        requireOpen();
        return handles.add(launches.load(name, ptx));
    }

    @Override
    public synchronized void moduleUnload(long module) {
        handles.remove("cuModuleUnload", EmulatedLaunches.Module.class, module);
    }

    @Override
    public synchronized long function(long module, String kernel) {
        return handles.add(handles.get("cuModuleGetFunction", EmulatedLaunches.Module.class, module).function(kernel));
    }

    @Override
    public synchronized void maxDynamicShared(long function, int bytes) {
        handles.get("cuFuncSetAttribute", EmulatedLaunches.Function.class, function).allowShared(bytes, Emulator.MAX_SHARED);
    }

    @Override
    public synchronized void launch(long function, Dim3 grid, Dim3 block, int dynamicShared, long stream,
            Arguments arguments) {
        EmulatedLaunches.Function f = handles.get("cuLaunchKernel", EmulatedLaunches.Function.class, function);
        f.requireLaunchable(dynamicShared);
        byte[] values = arguments.values().toArray(ValueLayout.JAVA_BYTE);
        issue("cuLaunchKernel", stream, () -> launches.run(f, grid, block, dynamicShared, values));
    }

    // --- graphs ---------------------------------------------------------------------------------------------------

    @Override
    public synchronized void beginCapture(long stream) {
        handles.get("cuStreamBeginCapture", Stream.class, stream);
        queue.beginCapture();
    }

    @Override
    public synchronized long endCapture(long stream) {
        handles.get("cuStreamEndCapture", Stream.class, stream);
        return handles.add(new Graph(queue.endCapture()));
    }

    @Override
    public synchronized long graphInstantiate(long graph) {
        return handles.add(new GraphExec(handles.get("cuGraphInstantiate", Graph.class, graph).work));
    }

    @Override
    public synchronized void graphLaunch(long executable, long stream) {
        List<Runnable> work = handles.get("cuGraphLaunch", GraphExec.class, executable).work;
        issue("cuGraphLaunch", stream, () -> work.forEach(Runnable::run));
    }

    @Override
    public synchronized void graphDestroy(long graph) {
        handles.remove("cuGraphDestroy", Graph.class, graph);
    }

    @Override
    public synchronized void graphExecDestroy(long executable) {
        handles.remove("cuGraphExecDestroy", GraphExec.class, executable);
    }

    // --- NVIDIA's libraries ---------------------------------------------------------------------------------------

    @Override
    public synchronized void gemm(GemmCall call, long stream) {
        issue("cublasGemmStridedBatchedEx", stream, () -> EmulatedProducts.run(memory, call));
    }

    @Override
    public ConvPlan convolutionPlan(ConvShape shape, long workspaceLimit) {
        return EmulatedConvolutions.plan(shape, workspaceLimit);
    }

    @Override
    public synchronized void convolution(ConvCall call, long stream) {
        issue("cudnnConvolution", stream, () -> EmulatedConvolutions.run(memory, call));
    }

    private void issue(String call, long stream, Runnable work) {
        requireOpen();
        handles.get(call, Stream.class, stream);
        queue.issue(work);
    }

    private void requireOpen() {
        if (closed) {
            throw new CudaException("the emulated device is closed");
        }
        queue.requireAlive();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            pinned.close();
            handles.clear();
            memory.close();
        }
    }
}
