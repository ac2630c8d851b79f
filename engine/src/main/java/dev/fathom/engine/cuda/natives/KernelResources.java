package dev.fathom.engine.cuda.natives;

/**
 * What one kernel needs of a multiprocessor once it is assembled.
 *
 * @param kernel its name
 * @param architecture compute capability without the point: 90 for sm_90
 * @param registers 32-bit registers a thread
 * @param sharedBytes static shared memory a block, in bytes; dynamic shared memory comes on top at the launch
 * @param stackBytes local memory a thread, in bytes: arrays indexed at run time
 * @param spillStoreBytes registers written to local memory for lack of room, in bytes a thread
 * @param spillLoadBytes the same, read back
 */
public record KernelResources(String kernel, int architecture, int registers, int sharedBytes, int stackBytes,
                              int spillStoreBytes, int spillLoadBytes) {
    /** Whether registers went to local memory. */
    public boolean spills() {
        return spillStoreBytes > 0 || spillLoadBytes > 0;
    }
}
