package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.kernels.LossKernels.DOUBLE;
import static dev.fathom.engine.cpu.kernels.LossKernels.FLOAT;
import static dev.fathom.engine.cpu.kernels.LossKernels.PIECE;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.GradientMatchingBackward;
import dev.fathom.engine.ops.PixelError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Differences of neighbouring errors on grids of every 2^k-th pixel. Errors are computed once, as float64 beside the maps,
 * because a logarithm costs more than everything else here and a pixel's is wanted up to five times a grid.
 */
final class GradientMatchingKernels {
    private GradientMatchingKernels() {
    }

    static void register(KernelTable table) {
        table.addWithStatistics(GradientMatching.class, GradientMatchingKernels::loss);
        table.addWithStatistics(GradientMatchingBackward.class, GradientMatchingKernels::backward);
    }

    /** The masks and errors of pictures of h x w. */
    private record Maps(MemorySegment mask, MemorySegment errors, int h, int w) {
        static Maps of(PixelError error, List<Tensor> in) {
            MemorySegment pred = in.get(0).segment();
            MemorySegment target = in.get(1).segment();
            MemorySegment mask = in.get(2).segment();
            MemorySegment errors = Tensor.allocate(new TensorSpec(in.get(0).shape(), DType.F64), Device.CPU).segment();
            Chunks.run(in.get(0).numel(), PIECE, (from, to) -> {
                for (long i = from; i < to; i++) {
                    errors.set(DOUBLE, i * 8, mask.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0
                            : error.of(target.get(FLOAT, i * 4), pred.get(FLOAT, i * 4)));
                }
            });
            return new Maps(mask, errors, in.get(0).dim(1), in.get(0).dim(2));
        }

        boolean has(long i) {
            return mask.get(ValueLayout.JAVA_BYTE, i) != 0;
        }

        double error(long i) {
            return errors.get(DOUBLE, i * 8);
        }

        /** |R - R'| of two pixels, 0 unless the other is masked too. */
        double between(long i, long other) {
            return has(other) ? Math.abs(error(other) - error(i)) : 0;
        }

        /** The derivative of that by R. */
        double sign(long i, long other) {
            return has(other) ? Math.signum(error(i) - error(other)) : 0;
        }
    }

    private static void loss(GradientMatching op, List<Tensor> in, List<Tensor> out) {
        double[] statistics = new double[2 * op.scales()];
        try (MemoryScope scope = MemoryScope.open("errors of gradient matching")) {
            Maps maps = Maps.of(op.error(), in);
            for (int k = 0; k < op.scales(); k++) {
                scale(maps, in.get(0).dim(0), k, statistics);
            }
        }
        out.get(0).segment().set(FLOAT, 0, (float) GradientMatching.loss(statistics));
        out.get(1).copyFrom(statistics);
    }

    /** The sum of differences and the number of pixels of one grid. */
    private static void scale(Maps maps, int pictures, int k, double[] statistics) {
        int step = 1 << k;
        int rows = (maps.h + step - 1) >> k;
        int columns = (maps.w + step - 1) >> k;
        long n = (long) pictures * rows * columns;
        double[] sums = new double[LossKernels.pieces(n)];
        long[] counts = new long[sums.length];
        Chunks.run(n, PIECE, (from, to) -> {
            double sum = 0;
            long count = 0;
            for (long j = from; j < to; j++) {
                int x = (int) (j % columns) << k;
                long row = j / columns;
                int y = (int) (row % rows) << k;
                long i = (row / rows * maps.h + y) * maps.w + x;
                if (maps.has(i)) {
                    sum += (x + step < maps.w ? maps.between(i, i + step) : 0)
                            + (y + step < maps.h ? maps.between(i, i + (long) step * maps.w) : 0);
                    count++;
                }
            }
            sums[(int) (from / PIECE)] = sum;
            counts[(int) (from / PIECE)] = count;
        });
        for (int i = 0; i < sums.length; i++) {
            statistics[2 * k] += sums[i];
            statistics[2 * k + 1] += counts[i];
        }
    }

    private static void backward(GradientMatchingBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment pred = in.get(0).segment();
        MemorySegment dPred = out.get(0).segment();
        double[] statistics = in.get(3).toDoubles();
        double dLoss = in.get(4).segment().get(FLOAT, 0);
        try (MemoryScope scope = MemoryScope.open("errors of gradient matching")) {
            Maps maps = Maps.of(op.error(), in);
            Chunks.run(in.get(0).numel(), PIECE, (from, to) -> {
                for (long i = from; i < to; i++) {
                    double signs = maps.has(i) ? signs(maps, i, op.scales(), statistics) : 0;
                    double g = signs == 0 ? 0 : signs * dLoss * op.error().slope(pred.get(FLOAT, i * 4));
                    dPred.set(FLOAT, i * 4, (float) g);
                }
            });
        }
    }

    /** dL/dR of one masked pixel. */
    private static double signs(Maps maps, long i, int scales, double[] statistics) {
        int x = (int) (i % maps.w);
        int y = (int) (i / maps.w % maps.h);
        double signs = 0;
        for (int k = 0; k < scales && GradientMatchingBackward.isOnGrid(y, x, k); k++) {
            int step = 1 << k;
            long down = (long) step * maps.w;
            double sum = (x >= step ? maps.sign(i, i - step) : 0) + (x + step < maps.w ? maps.sign(i, i + step) : 0)
                    + (y >= step ? maps.sign(i, i - down) : 0) + (y + step < maps.h ? maps.sign(i, i + down) : 0);
            signs += sum / statistics[2 * k + 1];
        }
        return signs;
    }
}
