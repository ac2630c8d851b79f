package dev.fathom.engine.cuda.jcuda;

import static dev.fathom.engine.cuda.jcuda.Status.driver;

import dev.fathom.engine.cuda.driver.Arguments;
import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.DeviceProperties;
import dev.fathom.engine.cuda.driver.Dim3;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.MemoryInfo;
import java.lang.foreign.MemorySegment;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A real GPU through JCuda's driver API: one primary context, retained while this is open.
 *
 * <p>CUDA's current context belongs to the thread, so every call makes sure of it first; a thread that has used this
 * driver last is recognised without a call. JCuda's handles are objects, {@link Handles} gives them numbers; device and
 * host addresses are plain numbers. Launches take the address of the engine's argument block as it is, which is 17
 * times faster than JCuda's nested pointers (164 ns instead of 2800).
 */
final class JCudaGpu implements CudaDriver {
    private static final int PORTABLE = JCudaDriver.CU_MEMHOSTALLOC_PORTABLE;
    private static final ThreadLocal<JCudaGpu> CURRENT = new ThreadLocal<>();

    private record Kernel(CUfunction function, String name) {
    }

    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final DeviceProperties properties;
    private final Handles<CUstream> streams = new Handles<>("stream");
    private final Handles<CUevent> events = new Handles<>("event");
    private final Handles<CUmodule> modules = new Handles<>("module");
    private final Handles<Kernel> kernels = new Handles<>("kernel");
    private final Handles<CUgraph> graphs = new Handles<>("graph");
    private final Handles<CUgraphExec> executables = new Handles<>("executable graph");
    private Products products;
    private Convolutions convolutions;
    private volatile boolean closed;

    JCudaGpu(int ordinal) {
        driver(JCudaDriver.cuInit(0), "cuInit");
        driver(JCudaDriver.cuDeviceGet(device, ordinal), "cuDeviceGet");
        driver(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
        properties = describe();
    }

    private DeviceProperties describe() {
        byte[] name = new byte[256];
        driver(JCudaDriver.cuDeviceGetName(name, name.length, device), "cuDeviceGetName");
        long[] total = {0};
        driver(JCudaDriver.cuDeviceTotalMem(total, device), "cuDeviceTotalMem");
        int[] version = {0};
        driver(JCudaDriver.cuDriverGetVersion(version), "cuDriverGetVersion");
        int capability = 10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        return new DeviceProperties(new String(name).replace("\0", "").strip(), capability,
            attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT), total[0],
            attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN), version[0]);
    }

    private int attribute(int which) {
        int[] value = {0};
        driver(JCudaDriver.cuDeviceGetAttribute(value, which, device), "cuDeviceGetAttribute");
        return value[0];
    }

    /** Makes the context current on this thread. A virtual thread may be carried by another one after any call. */
    private void enter() {
        if (closed) {
            throw new CudaException("the GPU " + properties.name() + " is closed");
        }
        boolean virtual = Thread.currentThread().isVirtual();
        if (virtual || CURRENT.get() != this) {
            driver(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
            if (!virtual) {
                CURRENT.set(this);
            }
        }
    }

    @Override
    public DeviceProperties properties() {
        return properties;
    }

    // --- memory ---------------------------------------------------------------------------------------------------

    @Override
    public long memAlloc(long bytes) {
        enter();
        DevicePointer memory = new DevicePointer();
        driver(JCudaDriver.cuMemAlloc(memory, bytes), "cuMemAlloc of " + bytes + " bytes");
        return memory.address();
    }

    @Override
    public void memFree(long address) {
        enter();
        driver(JCudaDriver.cuMemFree(new DevicePointer(address)), "cuMemFree");
    }

    @Override
    public MemoryInfo memInfo() {
        enter();
        long[] free = {0};
        long[] total = {0};
        driver(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
        return new MemoryInfo(free[0], total[0]);
    }

    @Override
    public MemorySegment hostAlloc(long bytes) {
        enter();
        HostPointer memory = new HostPointer();
        driver(JCudaDriver.cuMemHostAlloc(memory, bytes, PORTABLE), "cuMemHostAlloc of " + bytes + " bytes");
        return MemorySegment.ofAddress(memory.address()).reinterpret(bytes);
    }

    @Override
    public void hostFree(MemorySegment pinned) {
        enter();
        driver(JCudaDriver.cuMemFreeHost(HostPointer.of(pinned)), "cuMemFreeHost");
    }

    @Override
    public void copyToDevice(long to, MemorySegment from, long stream) {
        enter();
        driver(JCudaDriver.cuMemcpyHtoDAsync(new DevicePointer(to), HostPointer.of(from), from.byteSize(),
            streams.get(stream)), "cuMemcpyHtoDAsync");
    }

    @Override
    public void copyToHost(MemorySegment to, long from, long stream) {
        enter();
        driver(JCudaDriver.cuMemcpyDtoHAsync(HostPointer.of(to), new DevicePointer(from), to.byteSize(),
            streams.get(stream)), "cuMemcpyDtoHAsync");
    }

    @Override
    public void copyOnDevice(long to, long from, long bytes, long stream) {
        enter();
        driver(JCudaDriver.cuMemcpyDtoDAsync(new DevicePointer(to), new DevicePointer(from), bytes,
            streams.get(stream)),
            "cuMemcpyDtoDAsync");
    }

    @Override
    public void fill(long address, byte value, long bytes, long stream) {
        enter();
        driver(JCudaDriver.cuMemsetD8Async(new DevicePointer(address), value, bytes, streams.get(stream)),
            "cuMemsetD8Async");
    }

    // --- streams and events ---------------------------------------------------------------------------------------

    @Override
    public long streamCreate() {
        enter();
        CUstream stream = new CUstream();
        driver(JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), "cuStreamCreate");
        return streams.add(stream);
    }

    @Override
    public void streamDestroy(long stream) {
        enter();
        driver(JCudaDriver.cuStreamDestroy(streams.remove(stream)), "cuStreamDestroy");
    }

    @Override
    public void streamSynchronize(long stream) {
        enter();
        driver(JCudaDriver.cuStreamSynchronize(streams.get(stream)), "cuStreamSynchronize");
    }

    @Override
    public long eventCreate() {
        enter();
        CUevent event = new CUevent();
        driver(JCudaDriver.cuEventCreate(event, 0), "cuEventCreate");
        return events.add(event);
    }

    @Override
    public void eventDestroy(long event) {
        enter();
        driver(JCudaDriver.cuEventDestroy(events.remove(event)), "cuEventDestroy");
    }

    @Override
    public void eventRecord(long event, long stream) {
        enter();
        driver(JCudaDriver.cuEventRecord(events.get(event), streams.get(stream)), "cuEventRecord");
    }

    @Override
    public void eventSynchronize(long event) {
        enter();
        driver(JCudaDriver.cuEventSynchronize(events.get(event)), "cuEventSynchronize");
    }

    @Override
    public boolean eventQuery(long event) {
        enter();
        int code = JCudaDriver.cuEventQuery(events.get(event));
        if (code == CUresult.CUDA_ERROR_NOT_READY) {
            return false;
        }
        driver(code, "cuEventQuery");
        return true;
    }

    @Override
    public float eventElapsedMillis(long start, long end) {
        enter();
        float[] millis = {0};
        driver(JCudaDriver.cuEventElapsedTime(millis, events.get(start), events.get(end)), "cuEventElapsedTime");
        return millis[0];
    }

    @Override
    public void streamWaitEvent(long stream, long event) {
        enter();
        driver(JCudaDriver.cuStreamWaitEvent(streams.get(stream), events.get(event), 0), "cuStreamWaitEvent");
    }

    // --- modules and launches -------------------------------------------------------------------------------------

    @Override
    public long moduleLoad(String name, String ptx) {
        enter();
        return modules.add(PtxModule.load(name, ptx));
    }

    @Override
    public void moduleUnload(long module) {
        enter();
        driver(JCudaDriver.cuModuleUnload(modules.remove(module)), "cuModuleUnload");
    }

    @Override
    public long function(long module, String kernel) {
        enter();
        CUfunction function = new CUfunction();
        driver(JCudaDriver.cuModuleGetFunction(function, modules.get(module), kernel), "cuModuleGetFunction of "
            + kernel);
        return kernels.add(new Kernel(function, kernel));
    }

    @Override
    public void maxDynamicShared(long function, int bytes) {
        enter();
        Kernel kernel = kernels.get(function);
        driver(JCudaDriver.cuFuncSetAttribute(kernel.function,
            CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
            "asking for " + bytes + " bytes of shared memory for " + kernel.name);
    }

    @Override
    public void launch(long function, Dim3 grid, Dim3 block, int dynamicShared, long stream, Arguments arguments) {
        enter();
        Kernel kernel = kernels.get(function);
        int code = JCudaDriver.cuLaunchKernel(kernel.function, grid.x(), grid.y(), grid.z(), block.x(), block.y(),
            block.z(),
            dynamicShared, streams.get(stream), new HostPointer(arguments.pointers()), null);
        if (code != CUresult.CUDA_SUCCESS) {
            throw Status.failure(code, "launching " + kernel.name + " with grid " + grid + ", block " + block + " and "
                + dynamicShared + " bytes of dynamic shared memory");
        }
    }

    // --- graphs ---------------------------------------------------------------------------------------------------

    /** Only this thread is held to what a capture allows; loader threads may allocate pinned memory meanwhile. */
    @Override
    public void beginCapture(long stream) {
        enter();
        driver(JCudaDriver.cuStreamBeginCapture(streams.get(stream),
            CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL), "cuStreamBeginCapture");
    }

    @Override
    public long endCapture(long stream) {
        enter();
        CUgraph graph = new CUgraph();
        driver(JCudaDriver.cuStreamEndCapture(streams.get(stream), graph), "cuStreamEndCapture");
        return graphs.add(graph);
    }

    @Override
    public long graphInstantiate(long graph) {
        enter();
        CUgraphExec executable = new CUgraphExec();
        driver(JCudaDriver.cuGraphInstantiate(executable, graphs.get(graph), 0), "cuGraphInstantiate");
        return executables.add(executable);
    }

    @Override
    public void graphLaunch(long executable, long stream) {
        enter();
        driver(JCudaDriver.cuGraphLaunch(executables.get(executable), streams.get(stream)), "cuGraphLaunch");
    }

    @Override
    public void graphDestroy(long graph) {
        enter();
        driver(JCudaDriver.cuGraphDestroy(graphs.remove(graph)), "cuGraphDestroy");
    }

    @Override
    public void graphExecDestroy(long executable) {
        enter();
        driver(JCudaDriver.cuGraphExecDestroy(executables.remove(executable)), "cuGraphExecDestroy");
    }

    // --- NVIDIA's libraries ---------------------------------------------------------------------------------------

    @Override
    public void gemm(GemmCall call, long stream) {
        enter();
        products().run(call, streams.get(stream));
    }

    @Override
    public ConvPlan convolutionPlan(ConvShape shape, long workspaceLimit) {
        enter();
        return convolutions().plan(shape, workspaceLimit);
    }

    @Override
    public void convolution(ConvCall call, long stream) {
        enter();
        convolutions().run(call, streams.get(stream));
    }

    /** Made by the first product: creating a handle takes a moment and tens of megabytes. */
    private synchronized Products products() {
        if (products == null) {
            products = new Products(this);
        }
        return products;
    }

    private synchronized Convolutions convolutions() {
        if (convolutions == null) {
            convolutions = new Convolutions(this);
        }
        return convolutions;
    }

    /**
     * Destroying a stream, a module or a context lets what was issued run to its end first. Where the context is lost
     * already these calls all answer with the error that was reported when it was lost, so their answers are not looked
     * at.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        enter();
        streams.drain(s -> {
            JCudaDriver.cuStreamSynchronize(s);
            JCudaDriver.cuStreamDestroy(s);
        });
        if (products != null) {
            products.close();
        }
        if (convolutions != null) {
            convolutions.close();
        }
        executables.drain(JCudaDriver::cuGraphExecDestroy);
        graphs.drain(JCudaDriver::cuGraphDestroy);
        events.drain(JCudaDriver::cuEventDestroy);
        modules.drain(JCudaDriver::cuModuleUnload);
        closed = true;
        CURRENT.remove();
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
