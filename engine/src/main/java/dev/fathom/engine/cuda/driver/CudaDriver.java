package dev.fathom.engine.cuda.driver;

import java.lang.foreign.MemorySegment;

/**
 * One GPU with its context: memory, streams, events, modules, launches, graphs, and the products and convolutions of
 * NVIDIA's libraries. Names and meanings follow the CUDA driver API ({@code cuMemAlloc} is {@link #memAlloc}).
 *
 * <p>Addresses and handles are longs; 0 is none. Every call makes the device's context current on the calling thread
 * first, so any thread may call; calls that issue work return at once, and the work runs in its stream's order. A
 * failure of issued work may be reported by any later call ({@link CudaException#isSticky()}).
 *
 * <p>All methods throw {@link CudaException} with the driver's code in words.
 */
public interface CudaDriver extends AutoCloseable {
    DeviceProperties properties();

    // --- memory ---------------------------------------------------------------------------------------------------

    /**
     * Device memory, uninitialised, aligned to at least 256 bytes.
     *
     * @throws DeviceOutOfMemoryException when there is not as much in one piece
     */
    long memAlloc(long bytes);

    /** Returns memory; waits for work that may use it. */
    void memFree(long address);

    MemoryInfo memInfo();

    /** Page-locked host memory: what asynchronous copies need. */
    MemorySegment hostAlloc(long bytes);

    void hostFree(MemorySegment pinned);

    /** Copies all of {@code from}, which must be page-locked, and must not change until the stream has passed. */
    void copyToDevice(long to, MemorySegment from, long stream);

    /** Fills all of {@code to}, which must be page-locked, and is not complete until the stream has passed. */
    void copyToHost(MemorySegment to, long from, long stream);

    void copyOnDevice(long to, long from, long bytes, long stream);

    void fill(long address, byte value, long bytes, long stream);

    /**
     * Says that the engine's allocator has handed out {@code bytes} of a block, for {@code label}. A real device takes
     * no notice; the emulated one guards exactly these bytes from now on and calls them never written.
     */
    default void handedOut(long address, long bytes, String label) {
    }

    /** Says that the bytes handed out at {@code address} must not be used any more. */
    default void handedBack(long address) {
    }

    // --- streams and events ---------------------------------------------------------------------------------------

    long streamCreate();

    void streamDestroy(long stream);

    /** Waits for all work of the stream. */
    void streamSynchronize(long stream);

    long eventCreate();

    void eventDestroy(long event);

    void eventRecord(long event, long stream);

    void eventSynchronize(long event);

    /** Whether the work before the event is done. */
    boolean eventQuery(long event);

    /** Time from one recorded and completed event to another, in milliseconds. */
    float eventElapsedMillis(long start, long end);

    /** Lets later work of {@code stream} wait for the event. */
    void streamWaitEvent(long stream, long event);

    // --- modules and launches -------------------------------------------------------------------------------------

    /**
     * Loads PTX text.
     *
     * @param name of the module, for messages
     */
    long moduleLoad(String name, String ptx);

    void moduleUnload(long module);

    /** A kernel of a module. */
    long function(long module, String kernel);

    /** Lets a kernel use up to {@code bytes} of dynamic shared memory; above 48 KiB it has to be asked for. */
    void maxDynamicShared(long function, int bytes);

    /** Launches a kernel. {@code arguments} may be reused as soon as this returns. */
    void launch(long function, Dim3 grid, Dim3 block, int dynamicShared, long stream, Arguments arguments);

    // --- graphs ---------------------------------------------------------------------------------------------------

    /** Work issued to the stream from now on is recorded, not run. */
    void beginCapture(long stream);

    /** Ends the recording: a graph. */
    long endCapture(long stream);

    /** Makes a graph ready to launch. */
    long graphInstantiate(long graph);

    void graphLaunch(long executable, long stream);

    void graphDestroy(long graph);

    void graphExecDestroy(long executable);

    // --- NVIDIA's libraries ---------------------------------------------------------------------------------------

    /** A product by cuBLAS ({@code cublasGemmStridedBatchedEx}). */
    void gemm(GemmCall call, long stream);

    /**
     * Chooses a deterministic algorithm whose workspace is within a limit. Slow on a real device, which tries some:
     * ask once a shape.
     *
     * @throws NoConvolutionAlgorithmException if there is none
     */
    ConvPlan convolutionPlan(ConvShape shape, long workspaceLimit);

    /** A convolution by cuDNN. */
    void convolution(ConvCall call, long stream);

    /** Waits for all work, then gives back everything. */
    @Override
    void close();
}
