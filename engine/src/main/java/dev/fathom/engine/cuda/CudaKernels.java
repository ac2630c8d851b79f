package dev.fathom.engine.cuda;

/** All launchers of the GPU backend, one line a family. */
public final class CudaKernels {
    private CudaKernels() {
    }

    /** A new table with every family registered. */
    public static CudaKernelTable table() {
        CudaKernelTable table = new CudaKernelTable();
        return table;
    }
}
