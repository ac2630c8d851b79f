package dev.fathom.engine.cuda;

import dev.fathom.engine.cuda.kernels.AttentionLaunchers;
import dev.fathom.engine.cuda.kernels.BatchNormLaunchers;
import dev.fathom.engine.cuda.kernels.CastLaunchers;
import dev.fathom.engine.cuda.kernels.ConvLaunchers;
import dev.fathom.engine.cuda.kernels.LossLaunchers;
import dev.fathom.engine.cuda.kernels.MoveLaunchers;
import dev.fathom.engine.cuda.kernels.NormLaunchers;
import dev.fathom.engine.cuda.kernels.OptimiserLaunchers;
import dev.fathom.engine.cuda.kernels.PointwiseLaunchers;
import dev.fathom.engine.cuda.kernels.ProductLaunchers;
import dev.fathom.engine.cuda.kernels.ResizeLaunchers;
import dev.fathom.engine.cuda.kernels.RowLaunchers;
import dev.fathom.engine.cuda.kernels.SumLaunchers;

/** All launchers of the GPU backend, one line a family. */
public final class CudaKernels {
    private CudaKernels() {
    }

    /** A new table with every family registered. */
    public static CudaKernelTable table() {
        CudaKernelTable table = new CudaKernelTable();
        AttentionLaunchers.register(table);
        BatchNormLaunchers.register(table);
        CastLaunchers.register(table);
        ConvLaunchers.register(table);
        LossLaunchers.register(table);
        MoveLaunchers.register(table);
        NormLaunchers.register(table);
        OptimiserLaunchers.register(table);
        PointwiseLaunchers.register(table);
        ProductLaunchers.register(table);
        ResizeLaunchers.register(table);
        RowLaunchers.register(table);
        SumLaunchers.register(table);
        return table;
    }
}
