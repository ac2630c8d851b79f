package dev.fathom.engine.cuda.dry;

import dev.fathom.engine.cuda.driver.Arguments;
import dev.fathom.engine.cuda.driver.ConvCall;
import dev.fathom.engine.cuda.driver.ConvPlan;
import dev.fathom.engine.cuda.driver.ConvShape;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.driver.DeviceOutOfMemoryException;
import dev.fathom.engine.cuda.driver.DeviceProperties;
import dev.fathom.engine.cuda.driver.Dim3;
import dev.fathom.engine.cuda.driver.GemmCall;
import dev.fathom.engine.cuda.driver.MemoryInfo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Counts what a real driver would be asked: launches by kernel, library calls, device memory. Addresses are made up and
 * results are zeros. The backend above it is the real one, so the counts are those of the real thing:
 *
 * <pre>{@code
 * DryDriver dry = new DryDriver(DryDriver.H200);
 * Backends.install(new CudaBackend(Device.emulated(9), dry));
 * }</pre>
 */
public final class DryDriver implements CudaDriver {
    /** One H200: compute capability 9.0, 132 multiprocessors, 141 GB. */
    public static final DeviceProperties H200 = new DeviceProperties("H200 (dry)", 90, 132, 141_000_000_000L, 227 << 10,
            12060);

    private static final long FIRST_ADDRESS = 1L << 40;

    private final DeviceProperties properties;
    private final Map<Long, String> names = new HashMap<>();
    private final Map<Long, Long> sizes = new HashMap<>();
    private final Map<String, Long> calls = new TreeMap<>();
    /** Bytes of copies and fills, by what they are called in {@link #calls}. */
    private final Map<String, Long> moved = new TreeMap<>();
    private long nextHandle = 1;
    private long nextAddress = FIRST_ADDRESS;
    private long live;
    private long peak;

    public DryDriver(DeviceProperties properties) {
        this.properties = properties;
    }

    /** Launches and library calls since the last {@link #reset}, by kernel. */
    public synchronized Map<String, Long> calls() {
        return new TreeMap<>(calls);
    }

    /** All launches and library calls since the last {@link #reset}. */
    public synchronized long total() {
        return calls.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Launches of kernels and calls of libraries, without copies and fills, since the last {@link #reset}. */
    public synchronized long launches() {
        return calls.entrySet().stream().filter(e -> !moved.containsKey(e.getKey())).mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Bytes that copies and fills wrote since the last {@link #reset}, by kind. */
    public synchronized Map<String, Long> moved() {
        return new TreeMap<>(moved);
    }

    /** Largest memory asked of the driver at once, in bytes, since the last {@link #reset}. */
    public synchronized long peakBytes() {
        return peak;
    }

    /** Counts anew. */
    public synchronized void reset() {
        calls.clear();
        moved.clear();
        peak = live;
    }

    private synchronized void count(String what) {
        calls.merge(what, 1L, Long::sum);
    }

    private synchronized void count(String what, long bytes) {
        count(what);
        moved.merge(what, bytes, Long::sum);
    }

    private synchronized long handle(String name) {
        names.put(nextHandle, name);
        return nextHandle++;
    }

    @Override
    public DeviceProperties properties() {
        return properties;
    }

    @Override
    public synchronized long memAlloc(long bytes) {
        if (live + bytes > properties.totalBytes()) {
            throw new DeviceOutOfMemoryException("the dry device has no " + bytes + " bytes left of "
                    + properties.totalBytes());
        }
        long address = nextAddress;
        nextAddress += (bytes + 511) / 512 * 512;
        sizes.put(address, bytes);
        live += bytes;
        peak = Math.max(peak, live);
        return address;
    }

    @Override
    public synchronized void memFree(long address) {
        live -= sizes.remove(address);
    }

    @Override
    public synchronized MemoryInfo memInfo() {
        return new MemoryInfo(properties.totalBytes() - live, properties.totalBytes());
    }

    @Override
    public MemorySegment hostAlloc(long bytes) {
        return Arena.ofAuto().allocate(bytes, 64);
    }

    @Override
    public void hostFree(MemorySegment pinned) {
        // The garbage collector's.
    }

    @Override
    public void copyToDevice(long to, MemorySegment from, long stream) {
        count("copy to the device", from.byteSize());
    }

    @Override
    public void copyToHost(MemorySegment to, long from, long stream) {
        to.fill((byte) 0);
        count("copy to the host", to.byteSize());
    }

    @Override
    public void copyOnDevice(long to, long from, long bytes, long stream) {
        count("copy on the device", bytes);
    }

    @Override
    public void fill(long address, byte value, long bytes, long stream) {
        count("fill", bytes);
    }

    @Override
    public long streamCreate() {
        return handle("stream");
    }

    @Override
    public void streamDestroy(long stream) {
        // Only counted while it lives.
    }

    @Override
    public void streamSynchronize(long stream) {
        // Nothing runs.
    }

    @Override
    public long eventCreate() {
        return handle("event");
    }

    @Override
    public void eventDestroy(long event) {
        // Nothing to give back.
    }

    @Override
    public void eventRecord(long event, long stream) {
        // Nothing runs.
    }

    @Override
    public void eventSynchronize(long event) {
        // Nothing runs.
    }

    @Override
    public boolean eventQuery(long event) {
        return true;
    }

    @Override
    public float eventElapsedMillis(long start, long end) {
        return 0;
    }

    @Override
    public void streamWaitEvent(long stream, long event) {
        // Nothing runs.
    }

    @Override
    public long moduleLoad(String name, String ptx) {
        return handle(name);
    }

    @Override
    public void moduleUnload(long module) {
        // Nothing to give back.
    }

    @Override
    public synchronized long function(long module, String kernel) {
        return handle(names.get(module) + "/" + kernel);
    }

    @Override
    public void maxDynamicShared(long function, int bytes) {
        // Any amount.
    }

    @Override
    public synchronized void launch(long function, Dim3 grid, Dim3 block, int dynamicShared, long stream,
            Arguments arguments) {
        count(names.get(function));
    }

    @Override
    public void beginCapture(long stream) {
        // What is captured is counted as if it ran.
    }

    @Override
    public long endCapture(long stream) {
        return handle("graph");
    }

    @Override
    public long graphInstantiate(long graph) {
        return handle("graph");
    }

    @Override
    public void graphLaunch(long executable, long stream) {
        count("graph");
    }

    @Override
    public void graphDestroy(long graph) {
        // Nothing to give back.
    }

    @Override
    public void graphExecDestroy(long executable) {
        // Nothing to give back.
    }

    @Override
    public void gemm(GemmCall call, long stream) {
        count("cublas gemm");
    }

    @Override
    public ConvPlan convolutionPlan(ConvShape shape, long workspaceLimit) {
        return new ConvPlan(0, 0);
    }

    @Override
    public void convolution(ConvCall call, long stream) {
        count("cudnn " + call.shape().pass().name().toLowerCase(java.util.Locale.ROOT));
    }

    @Override
    public void close() {
        // Nothing to give back.
    }
}
