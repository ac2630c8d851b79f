package dev.fathom.engine.cuda;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.CudaException;
import dev.fathom.engine.cuda.driver.DeviceProperties;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.NoConvolutionAlgorithmException;
import dev.fathom.engine.cuda.memory.DeviceAllocator;
import dev.fathom.engine.cuda.memory.Staging;
import dev.fathom.engine.errors.DeviceException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * One GPU as kernels see it. All its work runs in the order of one stream, so a launcher issues and forgets: what it
 * reads was written before, what it frees is reused after.
 */
public final class CudaDevice implements AutoCloseable {
    /** Most bytes that one convolution may use besides its tensors. */
    private static final long WORKSPACE_LIMIT = 256L << 20;

    private final Device device;
    private final CudaDriver driver;
    private final DeviceProperties properties;
    private final long stream;
    private final DeviceAllocator allocator;
    private final Staging staging;
    private final KernelModules modules;
    private final DeviceTables tables;
    private final Map<ConvShape, Optional<ConvPlan>> plans = new ConcurrentHashMap<>();
    private volatile boolean capturing;
    private boolean closed;

    /** Takes over the driver: it is closed with this device. */
    public CudaDevice(Device device, CudaDriver driver) {
        this.device = device;
        this.driver = driver;
        this.properties = driver.properties();
        this.stream = driver.streamCreate();
        this.allocator = new DeviceAllocator(device, driver);
        this.staging = new Staging(driver, stream);
        this.modules = new KernelModules(driver);
        this.tables = new DeviceTables(this);
    }

    public Device device() {
        return device;
    }

    public DeviceProperties properties() {
        return properties;
    }

    public CudaDriver driver() {
        return driver;
    }

    /** The stream of all work. */
    public long stream() {
        return stream;
    }

    public DeviceAllocator allocator() {
        return allocator;
    }

    /** Begins a launch of kernel {@code kernel} of {@code cuda/<module>.cu}. */
    public KernelLaunch kernel(String module, String kernel) {
        return new KernelLaunch(driver, stream, modules.get(module, kernel));
    }

    /** The suffix of kernel names for a dtype: f32, f16 or bf16. */
    public static String suffix(DType dtype) {
        return switch (dtype) {
            case F32 -> "f32";
            case F16 -> "f16";
            case BF16 -> "bf16";
            default -> throw new DeviceException("no cuda kernels compute in " + dtype);
        };
    }

    /** Uninitialised bytes of the innermost scope, at least one, for partial results between two launches. */
    public Tensor workspace(long bytes) {
        Shape shape = Shape.of(Math.toIntExact((Math.max(1, bytes) + 3) / 4));
        return Tensor.allocate(new TensorSpec(shape, DType.F32), device);
    }

    /** A product by cuBLAS. */
    public void gemm(GemmCall call) {
        driver.gemm(call, stream);
    }

    /** What cuDNN will do for a shape, asked once; empty if it has no deterministic algorithm within the limit. */
    public Optional<ConvPlan> plan(ConvShape shape) {
        return plans.computeIfAbsent(shape, s -> {
            try {
                return Optional.of(driver.convolutionPlan(s, WORKSPACE_LIMIT));
            } catch (NoConvolutionAlgorithmException none) {
                return Optional.empty();
            }
        });
    }

    /** A convolution by cuDNN. */
    public void convolution(ConvCall call) {
        driver.convolution(call, stream);
    }

    /**
     * A small constant table on the device, uploaded once and kept while the device is open: filter taps, offsets.
     *
     * @param key equal keys mean equal contents
     */
    public long table(Object key, Supplier<MemorySegment> contents) {
        return tables.address(key, contents);
    }

    void upload(MemorySegment from, long to) {
        refuseInCapture("an upload");
        staging.upload(from, to);
    }

    void download(long from, MemorySegment to) {
        refuseInCapture("reading a result on the host");
        staging.download(from, to);
    }

    void synchronize() {
        refuseInCapture("waiting for the device");
        driver.streamSynchronize(stream);
    }

    private void refuseInCapture(String what) {
        if (capturing) {
            throw new DeviceException(what + " is not possible while a CUDA graph is captured on " + device
                    + ": do it before, or after the graph has run");
        }
    }

    /** Work issued from now on is recorded, not run. */
    void beginCapture() {
        if (capturing) {
            throw new DeviceException("captures do not nest on " + device);
        }
        driver.beginCapture(stream);
        capturing = true;
    }

    /** Ends the recording: a graph. */
    long endCapture() {
        capturing = false;
        return driver.endCapture(stream);
    }

    /** Ends a recording that failed with {@code cause}, which gets what goes wrong here as a companion. */
    void abandonCapture(Throwable cause) {
        if (!capturing) {
            return;
        }
        try {
            driver.graphDestroy(endCapture());
        } catch (CudaException e) {
            cause.addSuppressed(e);
        }
    }

    /** Waits for work in flight, then frees everything. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            driver.streamSynchronize(stream);
        } catch (CudaException e) {
            if (!e.isSticky()) {
                throw e;
            }
            // The context is lost, and everything in it with it.
            driver.close();
            return;
        }
        tables.close();
        staging.close();
        modules.close();
        allocator.trim();
        driver.streamDestroy(stream);
        driver.close();
    }
}
