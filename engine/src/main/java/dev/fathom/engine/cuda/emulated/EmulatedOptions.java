package dev.fathom.engine.cuda.emulated;

/**
 * What sort of GPU is emulated.
 *
 * @param memoryBytes device memory
 * @param computeCapability major * 10 + minor: 75, 80, 86, 89 or 90; decides which kernels a backend picks
 * @param driverVersion what {@code cuDriverGetVersion} would say: 12060 is 12.6
 * @param lazy whether work waits until somebody waits for it, as it may on a real device; then a fault in a kernel is
 * reported by a later call, and the context is lost with it. Otherwise work is done, and faults are thrown, at once
 */
public record EmulatedOptions(long memoryBytes, int computeCapability, int driverVersion, boolean lazy) {
    /** A GPU like an H100's: compute capability 9.0, 8 GiB, work done at once. */
    public static EmulatedOptions defaults() {
        return new EmulatedOptions(8L << 30, 90, 12060, false);
    }

    public EmulatedOptions withMemory(long bytes) {
        return new EmulatedOptions(bytes, computeCapability, driverVersion, lazy);
    }

    public EmulatedOptions withComputeCapability(int capability) {
        return new EmulatedOptions(memoryBytes, capability, driverVersion, lazy);
    }

    public EmulatedOptions withLazyWork() {
        return new EmulatedOptions(memoryBytes, computeCapability, driverVersion, true);
    }
}
