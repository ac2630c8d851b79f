package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.BatchNorm;
import dev.fathom.engine.ops.BatchNormBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Batch normalisation over the channels of a channels-last tensor, seen as a matrix of M rows and C channels.
 * Statistics and the gradients of weight and bias are {@link ColumnSums}; the rest is one multiply-add an element with
 * factors per channel.
 */
public final class BatchNormKernels {
    private BatchNormKernels() {
    }

    public static void register(KernelTable table) {
        table.add(BatchNorm.class, BatchNormKernels::forward);
        table.add(BatchNormBackward.class, BatchNormKernels::backward);
    }

    private static void forward(BatchNorm op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment mean = out.get(1).segment();
        MemorySegment rstd = out.get(2).segment();
        int channels = in.get(1).dim(0);
        long rows = in.get(0).shape().product(0, in.get(0).rank() - 1);
        try (MemoryScope scope = MemoryScope.open("batch norm")) {
            MemorySegment scale = vector(channels, in.get(0).device()).segment();
            MemorySegment shift = vector(channels, in.get(0).device()).segment();
            if (op.training()) {
                statistics(op, x, rows, out.get(1), in.get(3).segment(), in.get(4).segment(), rstd, shift, channels);
            } else {
                mean.copyFrom(in.get(3).segment());
                shift.fill((byte) 0);
                for (int c = 0; c < channels; c++) {
                    set(rstd, c, (float) (1 / Math.sqrt(get(in.get(4).segment(), c) + op.eps())));
                }
            }
            for (int c = 0; c < channels; c++) {
                float factor = get(rstd, c) * get(in.get(1).segment(), c);
                set(scale, c, factor);
                set(shift, c, Math.fma(-get(shift, c), factor, get(in.get(2).segment(), c)));
            }
            MemorySegment y = out.get(0).segment();
            Chunks.run(rows, Chunks.rows(channels), (from, to) -> {
                for (long row = from; row < to; row++) {
                    centredTimesPlus(x, row * channels * 4, mean, scale, shift, y, row * channels * 4, channels);
                }
            });
        }
    }

    /**
     * Mean and 1 / sqrt(variance + eps) of every channel, in two passes, and the running statistics. {@code missing}
     * receives what the rounded mean lacks: between values that are close to each other it counts.
     */
    private static void statistics(BatchNorm op, MemorySegment x, long rows, Tensor mean, MemorySegment runningMean,
            MemorySegment runningVar, MemorySegment rstd, MemorySegment missing, int channels) {
        ColumnSums.run(rows, channels, 1, List.of(mean), (from, to, sums, at) -> {
            for (long row = from; row < to; row++) {
                addRow(x, row * channels * 4, sums, at, channels);
            }
        });
        MemorySegment m = mean.segment();
        for (int c = 0; c < channels; c++) {
            set(m, c, (float) (get(m, c) / (double) rows));
        }
        Tensor squares = vector(channels, mean.device());
        Tensor rest = vector(channels, mean.device());
        ColumnSums.run(rows, channels, 2, List.of(squares, rest), (from, to, sums, at) -> {
            for (long row = from; row < to; row++) {
                addSquares(x, row * channels * 4, m, sums, at, channels);
            }
        });
        for (int c = 0; c < channels; c++) {
            double off = get(rest.segment(), c) / (double) rows;
            double sum = Math.max(0, get(squares.segment(), c) - off * off * rows);
            set(missing, c, (float) off);
            set(rstd, c, (float) (1 / Math.sqrt(sum / rows + op.eps())));
            set(runningMean, c, (float) (get(runningMean, c)
                    + op.momentum() * (get(m, c) + off - get(runningMean, c))));
            set(runningVar, c, (float) (get(runningVar, c) + op.momentum() * (sum / (rows - 1) - get(runningVar, c))));
        }
    }

    private static void backward(BatchNormBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment weight = in.get(1).segment();
        MemorySegment mean = in.get(2).segment();
        MemorySegment rstd = in.get(3).segment();
        MemorySegment dy = in.get(4).segment();
        MemorySegment dx = out.get(0).segment();
        int channels = in.get(1).dim(0);
        long rows = in.get(0).shape().product(0, in.get(0).rank() - 1);
        ColumnSums.run(rows, channels, 2, out.subList(1, 3), (from, to, sums, at) -> {
            for (long row = from; row < to; row++) {
                addProducts(x, dy, row * channels * 4, mean, rstd, sums, at, channels);
            }
        });
        // dx = f dy + g (x - mean) + h, with factors that depend on the channel alone.
        try (MemoryScope scope = MemoryScope.open("batch norm backward")) {
            MemorySegment f = vector(channels, in.get(0).device()).segment();
            MemorySegment g = vector(channels, in.get(0).device()).segment();
            MemorySegment h = vector(channels, in.get(0).device()).segment();
            for (int c = 0; c < channels; c++) {
                float factor = get(weight, c) * get(rstd, c);
                double share = op.training() ? factor / (double) rows : 0;
                set(f, c, factor);
                set(g, c, (float) (-share * get(rstd, c) * get(out.get(1).segment(), c)));
                set(h, c, (float) (-share * get(out.get(2).segment(), c)));
            }
            Chunks.run(rows, Chunks.rows(channels), (from, to) -> {
                for (long row = from; row < to; row++) {
                    centredTimesPlus(x, row * channels * 4, mean, g, h, dx, row * channels * 4, channels);
                    addTimes(dy, f, dx, row * channels * 4, channels);
                }
            });
        }
    }

    /** y = (x - mean) scale + shift for one row. */
    private static void centredTimesPlus(MemorySegment x, long xo, MemorySegment mean, MemorySegment scale,
            MemorySegment shift, MemorySegment y, long yo, int n) {
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            load(x, xo + 4L * i).sub(load(mean, 4L * i)).fma(load(scale, 4L * i), load(shift, 4L * i))
                    .intoMemorySegment(y, yo + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            load(x, xo + 4L * whole, rest).sub(load(mean, 4L * whole, rest))
                    .fma(load(scale, 4L * whole, rest), load(shift, 4L * whole, rest))
                    .intoMemorySegment(y, yo + 4L * whole, ORDER, rest);
        }
    }

    /** y += x factor for one row. */
    private static void addTimes(MemorySegment x, MemorySegment factor, MemorySegment y, long at, int n) {
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            load(x, at + 4L * i).fma(load(factor, 4L * i), load(y, at + 4L * i))
                    .intoMemorySegment(y, at + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            load(x, at + 4L * whole, rest).fma(load(factor, 4L * whole, rest), load(y, at + 4L * whole, rest))
                    .intoMemorySegment(y, at + 4L * whole, ORDER, rest);
        }
    }

    private static void addRow(MemorySegment x, long xo, MemorySegment sums, long at, int n) {
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            load(sums, at + 4L * i).add(load(x, xo + 4L * i)).intoMemorySegment(sums, at + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            load(sums, at + 4L * whole, rest).add(load(x, xo + 4L * whole, rest))
                    .intoMemorySegment(sums, at + 4L * whole, ORDER, rest);
        }
    }

    /** The first sum += (x - mean)^2, the second += x - mean, for one row. */
    private static void addSquares(MemorySegment x, long xo, MemorySegment mean, MemorySegment sums, long at, int n) {
        int whole = Floats.whole(n);
        long second = at + 4L * n;
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector d = load(x, xo + 4L * i).sub(load(mean, 4L * i));
            d.fma(d, load(sums, at + 4L * i)).intoMemorySegment(sums, at + 4L * i, ORDER);
            d.add(load(sums, second + 4L * i)).intoMemorySegment(sums, second + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            FloatVector d = load(x, xo + 4L * whole, rest).sub(load(mean, 4L * whole, rest));
            d.fma(d, load(sums, at + 4L * whole, rest)).intoMemorySegment(sums, at + 4L * whole, ORDER, rest);
            d.add(load(sums, second + 4L * whole, rest)).intoMemorySegment(sums, second + 4L * whole, ORDER, rest);
        }
    }

    /** The first sum += dy n, the second += dy, for one row. */
    private static void addProducts(MemorySegment x, MemorySegment dy, long row, MemorySegment mean, MemorySegment rstd,
            MemorySegment sums, long at, int n) {
        int whole = Floats.whole(n);
        long second = at + 4L * n;
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector g = load(dy, row + 4L * i);
            FloatVector normal = load(x, row + 4L * i).sub(load(mean, 4L * i)).mul(load(rstd, 4L * i));
            normal.fma(g, load(sums, at + 4L * i)).intoMemorySegment(sums, at + 4L * i, ORDER);
            g.add(load(sums, second + 4L * i)).intoMemorySegment(sums, second + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            FloatVector g = load(dy, row + 4L * whole, rest);
            FloatVector normal = load(x, row + 4L * whole, rest).sub(load(mean, 4L * whole, rest))
                    .mul(load(rstd, 4L * whole, rest));
            normal.fma(g, load(sums, at + 4L * whole, rest)).intoMemorySegment(sums, at + 4L * whole, ORDER, rest);
            g.add(load(sums, second + 4L * whole, rest)).intoMemorySegment(sums, second + 4L * whole, ORDER, rest);
        }
    }

    private static Tensor vector(int n, Device device) {
        return Tensor.allocate(new TensorSpec(Shape.of(n), DType.F32), device);
    }

    private static float get(MemorySegment s, int i) {
        return s.get(Floats.LAYOUT, 4L * i);
    }

    private static void set(MemorySegment s, int i, float v) {
        s.set(Floats.LAYOUT, 4L * i, v);
    }
}
