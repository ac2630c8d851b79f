package dev.fathom.engine.cuda.kernels;

import static dev.fathom.engine.cuda.kernels.Vectors.ceil;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.errors.MissingKernelException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.LayerNormBackward;
import java.util.List;

/**
 * Layer normalisation: {@code norm.cu} and {@code norm_backward.cu} for rows that fit in the registers of three warps,
 * {@code norm_long.cu} for longer ones.
 */
public final class NormLaunchers {
    /** Columns of a row, at most, that is kept in registers: TEAM_MOST_COLUMNS of columns.cuh. */
    private static final int REGISTER_COLUMNS = 1536;

    /** Warps of a block: TEAM_WARPS of columns.cuh. */
    private static final int TEAM_WARPS = 6;

    /**
     * Blocks, at most, over which the rows of a gradient are shared out; each leaves a part of dweight and dbias to add
     * up. Two for each of the 132 processors of an H200; a constant, so that a sum has one order on every GPU.
     */
    private static final int GRADIENT_BLOCKS = 264;

    private NormLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(LayerNorm.class, NormLaunchers::forward);
        table.add(LayerNormBackward.class, NormLaunchers::backward);
    }

    private static void forward(CudaDevice cuda, LayerNorm op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        long rows = out.get(1).numel();
        int columns = x.dim(-1);
        if (rows == 0) {
            return;
        }
        boolean registers = columns <= REGISTER_COLUMNS;
        String kernel = (registers ? "layer_norm_" : "layer_norm_long_") + suffixes(op.name(), x, out.get(0));
        cuda.kernel(registers ? "norm" : "norm_long", kernel)
                .gridFor(rows, registers ? teams(columns) : TEAM_WARPS).block(32 * TEAM_WARPS)
                .arg(x).arg(in.get(1)).arg(in.get(2)).arg(out.get(0)).arg(out.get(1)).arg(out.get(2))
                .arg(rows).arg(columns).arg((float) op.eps()).launch();
    }

    private static void backward(CudaDevice cuda, LayerNormBackward op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor dy = in.get(4);
        long rows = in.get(2).numel();
        int columns = x.dim(-1);
        String suffixes = suffixes(op.name(), x, dy);
        boolean registers = columns <= REGISTER_COLUMNS;
        int teams = registers ? teams(columns) : 8;
        // Two rows a team, at least: a part of the sums is as much to write as two rows of dx.
        int share = Math.toIntExact(teams * Math.max(2, ceil(rows, (long) teams * GRADIENT_BLOCKS)));
        int blocks = (int) ceil(rows, share);
        try (MemoryScope scope = MemoryScope.scratch(op.name())) {
            Tensor parts = cuda.workspace(blocks * 2L * columns * Float.BYTES);
            if (rows > 0 && registers) {
                cuda.kernel("norm_backward", "layer_norm_backward_" + suffixes).grid(blocks).block(32 * TEAM_WARPS)
                        .arg(x).arg(in.get(1)).arg(in.get(2)).arg(in.get(3)).arg(dy).arg(out.get(0)).arg(parts)
                        .arg(rows).arg(columns).arg(share).launch();
            } else if (rows > 0) {
                cuda.kernel("norm_long", "layer_norm_backward_long_" + suffixes).gridFor(rows, TEAM_WARPS)
                        .block(32 * TEAM_WARPS)
                        .arg(x).arg(in.get(1)).arg(in.get(2)).arg(in.get(3)).arg(dy).arg(out.get(0))
                        .arg(rows).arg(columns).launch();
                cuda.kernel("norm_long", "layer_norm_backward_parts_" + suffixes)
                        .grid(blocks, (int) ceil(columns, 32), 1).block(256)
                        .arg(x).arg(in.get(2)).arg(in.get(3)).arg(dy).arg(parts)
                        .arg(rows).arg(columns).arg(share).launch();
            }
            columnTotals(cuda, parts, out.get(1), out.get(2), blocks);
        }
    }

    /** Adds up parts [blocks, 2, C] in order: the first rows of the parts to one vector, the second to another. */
    static void columnTotals(CudaDevice cuda, Tensor parts, Tensor first, Tensor second, int blocks) {
        int columns = first.dim(0);
        if (columns > 0) {
            cuda.kernel("norm_backward", "column_totals").gridFor(2L * columns, 32).block(256)
                    .arg(parts).arg(first).arg(second).arg(blocks).arg(columns).launch();
        }
    }

    /** Rows that a block works on at a time: the constructor of Team in columns.cuh. */
    private static int teams(int columns) {
        return TEAM_WARPS / (columns <= 512 ? 1 : columns <= 1024 ? 2 : 3);
    }

    /** The dtypes of x and y (or dy) as kernel names have them. */
    private static String suffixes(String op, Tensor x, Tensor y) {
        if (x.dtype().bytes() == 2 && y.dtype().bytes() == 2 && x.dtype() != y.dtype()) {
            throw new MissingKernelException(op + ": no cuda kernel for " + x.dtype().torchName() + " beside "
                    + y.dtype().torchName() + "; cast one of them to float32");
        }
        return CudaDevice.suffix(x.dtype()) + "_" + CudaDevice.suffix(y.dtype());
    }
}
