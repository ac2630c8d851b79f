package dev.fathom.engine.cuda.driver;

/**
 * What a GPU is.
 *
 * @param name for example {@code NVIDIA H200}
 * @param computeCapability major * 10 + minor: 90 for an H200
 * @param multiprocessors how many blocks run truly at once, at least
 * @param totalBytes device memory
 * @param maxSharedPerBlock bytes of shared memory that a block may ask for
 * @param driverVersion as {@code cuDriverGetVersion} says: 12060 is 12.6
 */
public record DeviceProperties(String name, int computeCapability, int multiprocessors, long totalBytes,
        int maxSharedPerBlock, int driverVersion) {
    /** For example {@code sm_90}. */
    public String architecture() {
        return "sm_" + computeCapability;
    }

    /** Whether kernels for compute capability 8.0 run: m16n8k16 products, ldmatrix, cp.async, bfloat16. */
    public boolean hasAmpere() {
        return computeCapability >= 80;
    }
}
