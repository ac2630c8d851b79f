package dev.fathom.engine.cpu;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.kernels.AttentionKernels;
import dev.fathom.engine.cpu.kernels.BatchNormKernels;
import dev.fathom.engine.cpu.kernels.CastKernels;
import dev.fathom.engine.cpu.kernels.ConvKernels;
import dev.fathom.engine.cpu.kernels.ElementwiseKernels;
import dev.fathom.engine.cpu.kernels.LayerNormEachKernels;
import dev.fathom.engine.cpu.kernels.LayerNormKernels;
import dev.fathom.engine.cpu.kernels.LossKernels;
import dev.fathom.engine.cpu.kernels.MoveKernels;
import dev.fathom.engine.cpu.kernels.OptimiserKernels;
import dev.fathom.engine.cpu.kernels.PermuteKernels;
import dev.fathom.engine.cpu.kernels.PointwiseConvKernels;
import dev.fathom.engine.cpu.kernels.ProductKernels;
import dev.fathom.engine.cpu.kernels.ResampleKernels;
import dev.fathom.engine.cpu.kernels.SoftmaxKernels;
import dev.fathom.engine.cpu.kernels.SwiGluKernels;
import dev.fathom.engine.cpu.kernels.TransformerKernels;
import dev.fathom.engine.cpu.kernels.UnaryKernels;
import dev.fathom.engine.dispatch.HostBackend;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.errors.MissingKernelException;
import dev.fathom.engine.ops.Op;
import java.util.List;

/** The host's kernels. */
public final class CpuBackend implements HostBackend {
    private final KernelTable table = new KernelTable();

    public CpuBackend() {
        AttentionKernels.register(table);
        BatchNormKernels.register(table);
        ConvKernels.register(table);
        CastKernels.register(table);
        ElementwiseKernels.register(table);
        LayerNormKernels.register(table);
        LayerNormEachKernels.register(table);
        LossKernels.register(table);
        MoveKernels.register(table);
        OptimiserKernels.register(table);
        PointwiseConvKernels.register(table);
        ProductKernels.register(table);
        PermuteKernels.register(table);
        ResampleKernels.register(table);
        SoftmaxKernels.register(table);
        SwiGluKernels.register(table);
        TransformerKernels.register(table);
        UnaryKernels.register(table);
    }

    @Override
    public Device device() {
        return Device.CPU;
    }

    @Override
    public Kernel<Op> kernel(Op op, List<Tensor> in) {
        Kernel<Op> kernel = table.find(op, in);
        if (kernel == null) {
            throw new MissingKernelException(op.name() + ": no cpu kernel for "
                    + in.stream().map(t -> t.dtype().torchName()).toList() + "; the cpu backend computes in float32");
        }
        return kernel;
    }

    /** The table, for the coverage test. */
    public KernelTable table() {
        return table;
    }
}
