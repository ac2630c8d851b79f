package dev.fathom.engine.cuda.kernels;

import static dev.fathom.engine.cuda.kernels.Vectors.ceil;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.KernelLaunch;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.LayerNormBackward;
import dev.fathom.engine.ops.LayerNormEach;
import dev.fathom.engine.ops.LayerNormEachBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Layer normalisation, of one sequence or of several in one launch: {@code norm.cu} and {@code norm_backward.cu} for
 * rows that fit in the registers of three warps, {@code norm_long.cu} for longer ones.
 */
public final class NormLaunchers {
    /** Columns of a row, at most, that is kept in registers: TEAM_MOST_COLUMNS of columns.cuh. */
    private static final int REGISTER_COLUMNS = 1536;

    /** Warps of a block: TEAM_WARPS of columns.cuh. */
    private static final int TEAM_WARPS = 6;

    /** Sequences of one launch, at most: SEQUENCES of norm.cuh. */
    private static final int SEQUENCES = 32;

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
        table.add(LayerNormEach.class, NormLaunchers::forwardEach);
        table.add(LayerNormEachBackward.class, NormLaunchers::backwardEach);
    }

    /**
     * The rows of a launch: those of {@code count} sequences [batch, tokens, columns], as norm.cuh has them.
     *
     * @param skip tokens at the front of each batch entry that are left out
     */
    private record Rows(int count, int batch, int tokens, int skip, int columns) {
        /** x [..., C] as one sequence. */
        static Rows of(Tensor x) {
            return new Rows(1, 1, Math.toIntExact(x.shape().product(0, x.rank() - 1)), 0, x.dim(-1));
        }

        static Rows of(Tensor x, int count, int skip) {
            return new Rows(count, x.dim(0), x.dim(1), skip, x.dim(2));
        }

        int read() {
            return Math.toIntExact((long) count * batch * tokens);
        }

        int written() {
            return Math.toIntExact((long) count * batch * (tokens - skip));
        }

        /** Whether rows are kept in registers; they are read again and again for pairs of dtypes that are rare. */
        boolean inRegisters(DType x, DType y) {
            return columns <= REGISTER_COLUMNS && (x == DType.F32 || x == y);
        }

        /** Rows that a block works on at a time: the constructor of Team in columns.cuh. */
        int teams() {
            return TEAM_WARPS / (columns <= 512 ? 1 : columns <= 1024 ? 2 : 3);
        }
    }

    private static void forward(CudaDevice cuda, LayerNorm op, List<Tensor> in, List<Tensor> out) {
        forward(cuda, Rows.of(in.get(0)), op.eps(), in.subList(0, 1), in.subList(1, 3), out.subList(0, 1),
                out.subList(1, 3));
    }

    private static void forwardEach(CudaDevice cuda, LayerNormEach op, List<Tensor> in, List<Tensor> out) {
        int n = op.count();
        forward(cuda, Rows.of(in.get(2), n, op.skip()), op.eps(), in.subList(2, 2 + n), in.subList(0, 2),
                out.subList(0, n), out.subList(n, n + 2));
    }

    private static void forward(CudaDevice cuda, Rows rows, double eps, List<Tensor> x,
            List<Tensor> weightAndBias, List<Tensor> y, List<Tensor> statistics) {
        if (rows.written() == 0) {
            return;
        }
        String suffixes = suffixes(x.getFirst(), y.getFirst());
        KernelLaunch launch = rows.inRegisters(x.getFirst().dtype(), y.getFirst().dtype())
                ? cuda.kernel("norm", "layer_norm_" + suffixes).gridFor(rows.written(), rows.teams())
                : cuda.kernel("norm_long", "layer_norm_long_" + suffixes).gridFor(rows.written(), TEAM_WARPS);
        launch.block(32 * TEAM_WARPS).arg(pointers(List.of(x, y)));
        weightAndBias.forEach(launch::arg);
        statistics.forEach(launch::arg);
        int tokens = rows.tokens - rows.skip;
        launch.arg(rows.written()).arg(rows.batch * tokens).arg(tokens).arg(rows.skip).arg(rows.columns)
                .arg((float) eps).launch();
    }

    private static void backward(CudaDevice cuda, LayerNormBackward op, List<Tensor> in, List<Tensor> out) {
        backward(cuda, op.name(), Rows.of(in.get(0)), in.subList(0, 1), in.subList(1, 4), in.subList(4, 5),
                out.subList(0, 1), in.subList(5, in.size()), out.subList(1, 3));
    }

    private static void backwardEach(CudaDevice cuda, LayerNormEachBackward op, List<Tensor> in, List<Tensor> out) {
        int n = op.count();
        backward(cuda, op.name(), Rows.of(in.get(3), n, op.skip()), in.subList(3, 3 + n), in.subList(0, 3),
                in.subList(3 + n, 3 + 2 * n), out.subList(2, 2 + n), List.of(), out.subList(0, 2));
    }

    /**
     * @param constants weight, mean and rstd
     * @param arrived what is added to dx, or nothing
     * @param sums dweight and dbias
     */
    private static void backward(CudaDevice cuda, String op, Rows rows, List<Tensor> x, List<Tensor> constants,
            List<Tensor> dy, List<Tensor> dx, List<Tensor> arrived, List<Tensor> sums) {
        String suffixes = suffixes(x.getFirst(), dy.getFirst());
        MemorySegment pointers = pointers(List.of(x, dy, dx, arrived));
        boolean inRegisters = rows.inRegisters(x.getFirst().dtype(), dy.getFirst().dtype());
        int teams = inRegisters ? rows.teams() : 8;
        // Two rows a team, at least: a part of the sums is as much to write as two rows of dx.
        int share = teams * Math.toIntExact(Math.max(2, ceil(rows.read(), (long) teams * GRADIENT_BLOCKS)));
        int blocks = (int) ceil(rows.read(), share);
        try (MemoryScope scope = MemoryScope.scratch(op)) {
            Tensor parts = cuda.workspace(blocks * 2L * rows.columns * Float.BYTES);
            if (blocks > 0 && inRegisters) {
                KernelLaunch launch = cuda.kernel("norm_backward", "layer_norm_backward_" + suffixes).grid(blocks)
                        .block(32 * TEAM_WARPS).arg(pointers);
                constants.forEach(launch::arg);
                extents(launch.arg(parts), rows).arg(share).launch();
            } else if (blocks > 0) {
                KernelLaunch launch = cuda.kernel("norm_long", "layer_norm_backward_long_" + suffixes)
                        .gridFor(rows.read(), TEAM_WARPS).block(32 * TEAM_WARPS).arg(pointers);
                constants.forEach(launch::arg);
                extents(launch, rows).launch();
                launch = cuda.kernel("norm_long", "layer_norm_backward_parts_" + suffixes)
                        .grid(blocks, (int) ceil(rows.columns, 32), 1).block(256).arg(pointers)
                        .arg(constants.get(1)).arg(constants.get(2)).arg(parts);
                extents(launch, rows).arg(share).launch();
            }
            columnTotals(cuda, parts, sums.get(0), sums.get(1), blocks);
        }
    }

    private static KernelLaunch extents(KernelLaunch launch, Rows rows) {
        return launch.arg(rows.read()).arg(rows.batch * rows.tokens).arg(rows.tokens).arg(rows.skip).arg(rows.columns);
    }

    /** The tensors' addresses, in tables of 32: Forward and Gradients of norm.cuh. */
    private static MemorySegment pointers(List<List<Tensor>> tables) {
        Struct struct = new Struct(tables.size() * SEQUENCES * Long.BYTES);
        for (List<Tensor> table : tables) {
            for (int i = 0; i < SEQUENCES; i++) {
                struct.add(i < table.size() ? table.get(i).address() : 0L);
            }
        }
        return struct.bytes();
    }

    /** Adds up parts [blocks, 2, C] in order: the first rows of the parts to one vector, the second to another. */
    static void columnTotals(CudaDevice cuda, Tensor parts, Tensor first, Tensor second, int blocks) {
        int columns = first.dim(0);
        if (columns > 0) {
            cuda.kernel("norm_backward", "column_totals").gridFor(2L * columns, 32).block(256)
                    .arg(parts).arg(first).arg(second).arg(blocks).arg(columns).launch();
        }
    }

    /** The dtypes of x and y (or dy) as kernel names have them. */
    private static String suffixes(Tensor x, Tensor y) {
        return CudaDevice.suffix(x.dtype()) + "_" + CudaDevice.suffix(y.dtype());
    }
}
