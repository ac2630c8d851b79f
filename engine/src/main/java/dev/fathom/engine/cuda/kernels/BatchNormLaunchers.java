package dev.fathom.engine.cuda.kernels;

import static dev.fathom.engine.cuda.kernels.Vectors.ceil;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.BatchNorm;
import dev.fathom.engine.ops.BatchNormBackward;
import java.util.List;

/** Batch normalisation and its gradient: {@code batch_norm.cu}. */
public final class BatchNormLaunchers {
    private static final int THREADS = 256;

    /** Blocks, about, over which x is shared out: a constant, so that a sum has one order on every GPU. */
    private static final int BLOCKS = 528;

    private BatchNormLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(BatchNorm.class, BatchNormLaunchers::forward);
        table.add(BatchNormBackward.class, BatchNormLaunchers::backward);
    }

    /**
     * How x [rows, columns] is shared out over blocks.
     *
     * @param logLanes a block works on 2^logLanes packs of 16 bytes side by side
     * @param tiles blocks side by side
     * @param share rows a block
     * @param blocks blocks above each other
     */
    private record Plan(long rows, int columns, int logLanes, int tiles, int share, int blocks) {
        static Plan of(Tensor x) {
            int columns = x.dim(-1);
            long rows = x.shape().product(0, x.rank() - 1);
            int packs = (int) ceil(columns, Vectors.lanes(x));
            int logLanes = Vectors.logAtLeast(packs, 5);
            int tiles = (int) ceil(packs, 1 << logLanes);
            // Four rows a thread, at least.
            int step = 4 * (THREADS >> logLanes);
            long blocks = Math.max(1, BLOCKS / Math.max(1, tiles));
            int share = step * Math.toIntExact(Math.max(1, ceil(rows, step * blocks)));
            return new Plan(rows, columns, logLanes, tiles, share, (int) ceil(rows, share));
        }

        boolean empty() {
            return rows == 0 || columns == 0;
        }

        long partBytes() {
            return blocks * 2L * columns * Float.BYTES;
        }
    }

    private static void forward(CudaDevice cuda, BatchNorm op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Plan plan = Plan.of(x);
        String suffix = CudaDevice.suffix(x.dtype());
        Tensor mean = out.get(1);
        Tensor rstd = out.get(2);
        if (plan.columns == 0) {
            return;
        }
        if (op.training()) {
            try (MemoryScope scope = MemoryScope.scratch(op.name())) {
                Tensor parts = cuda.workspace(plan.partBytes());
                cuda.kernel("batch_norm", "batch_norm_moments_" + suffix).grid(plan.blocks, plan.tiles, 1)
                        .block(THREADS).arg(x).arg(parts).arg(plan.rows).arg(plan.columns).arg(plan.share)
                        .arg(plan.logLanes).launch();
                cuda.kernel("batch_norm", "batch_norm_statistics").gridFor(plan.columns, 32).block(THREADS)
                        .arg(parts).arg(mean).arg(rstd).arg(in.get(3)).arg(in.get(4))
                        .arg(plan.rows).arg(plan.columns).arg(plan.share)
                        .arg((float) op.momentum()).arg((float) op.eps()).launch();
            }
        } else {
            cuda.kernel("batch_norm", "batch_norm_running").gridFor(plan.columns, THREADS).block(THREADS)
                    .arg(in.get(3)).arg(in.get(4)).arg(mean).arg(rstd).arg(plan.columns).arg((float) op.eps())
                    .launch();
        }
        if (!plan.empty()) {
            cuda.kernel("batch_norm", "batch_norm_" + suffix).grid(plan.blocks, plan.tiles, 1).block(THREADS)
                    .arg(x).arg(in.get(1)).arg(in.get(2)).arg(mean).arg(rstd).arg(out.get(0))
                    .arg(plan.rows).arg(plan.columns).arg(plan.share).arg(plan.logLanes).launch();
        }
    }

    private static void backward(CudaDevice cuda, BatchNormBackward op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor dy = in.get(4);
        Plan plan = Plan.of(x);
        String suffix = CudaDevice.suffix(x.dtype());
        try (MemoryScope scope = MemoryScope.scratch(op.name())) {
            Tensor parts = cuda.workspace(plan.partBytes());
            if (!plan.empty()) {
                cuda.kernel("batch_norm", "batch_norm_backward_parts_" + suffix).grid(plan.blocks, plan.tiles, 1)
                        .block(THREADS).arg(x).arg(in.get(2)).arg(in.get(3)).arg(dy).arg(parts)
                        .arg(plan.rows).arg(plan.columns).arg(plan.share).arg(plan.logLanes).launch();
            }
            NormLaunchers.columnTotals(cuda, parts, out.get(1), out.get(2), plan.blocks);
        }
        if (!plan.empty()) {
            cuda.kernel("batch_norm", "batch_norm_backward_" + suffix).grid(plan.blocks, plan.tiles, 1).block(THREADS)
                    .arg(x).arg(in.get(1)).arg(in.get(2)).arg(in.get(3)).arg(dy).arg(out.get(1)).arg(out.get(2))
                    .arg(out.get(0)).arg(plan.rows).arg(plan.columns).arg(plan.share).arg(plan.logLanes)
                    .arg(op.training() ? 1f / plan.rows : 0f).launch();
        }
    }
}
