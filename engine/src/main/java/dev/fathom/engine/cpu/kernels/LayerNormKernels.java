package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.FLOATS;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.Floats.all;
import static dev.fathom.engine.cpu.kernels.Floats.load;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.LayerNormBackward;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Layer normalisation and its gradient: rows are independent, a row stays in L1 over its passes. The gradients of
 * weight and bias are sums over all rows: each piece of rows has a partial sum of its own, and these are added in the
 * order of the pieces.
 */
public final class LayerNormKernels {
    private LayerNormKernels() {
    }

    public static void register(KernelTable table) {
        table.add(LayerNorm.class, LayerNormKernels::forward);
        table.add(LayerNormBackward.class, LayerNormKernels::backward);
    }

    private static void forward(LayerNorm op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment weight = in.get(1).segment();
        MemorySegment bias = in.get(2).segment();
        MemorySegment y = out.get(0).segment();
        MemorySegment means = out.get(1).segment();
        MemorySegment rstds = out.get(2).segment();
        int channels = in.get(1).dim(0);
        double eps = op.eps();
        Chunks.run(out.get(1).numel(), Chunks.rows(channels), (from, to) -> {
            for (long row = from; row < to; row++) {
                long at = row * channels * 4;
                row(x, at, y, at, weight, bias, channels, eps, means, rstds, row * 4);
            }
        });
    }

    /** One row: y, its mean and the reciprocal of its deviation; offsets in bytes. */
    static void row(MemorySegment x, long at, MemorySegment y, long yAt, MemorySegment weight, MemorySegment bias,
            int channels, double eps, MemorySegment means, MemorySegment rstds, long statisticsAt) {
        float mean = mean(x, at, channels);
        // For the moment the mean's place holds what the rounded mean lacks; see variance().
        float rstd = (float) (1 / Math.sqrt(variance(x, at, channels, mean, means, statisticsAt) + eps));
        normalise(x, at, y, yAt, weight, bias, channels, mean, means.get(Floats.LAYOUT, statisticsAt), rstd);
        means.set(Floats.LAYOUT, statisticsAt, mean);
        rstds.set(Floats.LAYOUT, statisticsAt, rstd);
    }

    private static float mean(MemorySegment x, long at, int n) {
        FloatVector sum = all(0f);
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            sum = sum.add(load(x, at + 4L * i));
        }
        if (whole < n) {
            sum = sum.add(load(x, at + 4L * whole, Floats.rest(n)));
        }
        return Floats.sum(sum) / n;
    }

    /**
     * Mean of (x - mean)^2, less the square of what the rounded mean lacks: the mean of (x - mean), which is written to
     * {@code missing}. In a row whose values are close to each other it counts.
     */
    private static double variance(MemorySegment x, long at, int n, float mean, MemorySegment missing, long missingAt) {
        FloatVector squares = all(0f);
        FloatVector sum = all(0f);
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector d = load(x, at + 4L * i).sub(mean);
            squares = d.fma(d, squares);
            sum = sum.add(d);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            FloatVector d = all(0f).blend(load(x, at + 4L * whole, rest).sub(mean), rest);
            squares = d.fma(d, squares);
            sum = sum.add(d);
        }
        double off = Floats.sum(sum) / (double) n;
        missing.set(Floats.LAYOUT, missingAt, (float) off);
        return Math.max(0, Floats.sum(squares) / (double) n - off * off);
    }

    /** y = (x - mean - missing) rstd weight + bias for one row. */
    private static void normalise(MemorySegment x, long at, MemorySegment y, long yAt, MemorySegment weight,
            MemorySegment bias, int n, float mean, float missing, float rstd) {
        FloatVector factor = all(rstd);
        FloatVector shift = all(-missing * rstd);
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            load(x, at + 4L * i).sub(mean).fma(factor, shift).fma(load(weight, 4L * i), load(bias, 4L * i))
                    .intoMemorySegment(y, yAt + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            load(x, at + 4L * whole, rest).sub(mean).fma(factor, shift)
                    .fma(load(weight, 4L * whole, rest), load(bias, 4L * whole, rest))
                    .intoMemorySegment(y, yAt + 4L * whole, ORDER, rest);
        }
    }

    private static void backward(LayerNormBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment x = in.get(0).segment();
        MemorySegment weight = in.get(1).segment();
        MemorySegment means = in.get(2).segment();
        MemorySegment rstds = in.get(3).segment();
        MemorySegment dy = in.get(4).segment();
        MemorySegment dx = out.get(0).segment();
        MemorySegment arrived = op.adds() ? in.get(5).segment() : null;
        int channels = in.get(1).dim(0);
        ColumnSums.run(in.get(2).numel(), channels, 2, out.subList(1, 3), (from, to, sums, sumsAt) -> {
            long dweight = sumsAt;
            long dbias = sumsAt + 4L * channels;
            for (long row = from; row < to; row++) {
                long at = row * channels * 4;
                float mean = means.get(Floats.LAYOUT, row * 4);
                float rstd = rstds.get(Floats.LAYOUT, row * 4);
                addToSums(x, at, dy, at, sums, dweight, dbias, channels, mean, rstd);
                inputGradient(x, dx, at, dy, at, weight, channels, mean, rstd);
                if (arrived != null) {
                    ElementwiseKernels.add(dx, at, arrived, at, dx, at, channels);
                }
            }
        });
    }

    /** dweight += dy n and dbias += dy for one row. */
    static void addToSums(MemorySegment x, long at, MemorySegment dy, long dyAt, MemorySegment sums, long dweight,
            long dbias, int n, float mean, float rstd) {
        int whole = Floats.whole(n);
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector g = load(dy, dyAt + 4L * i);
            FloatVector normal = load(x, at + 4L * i).sub(mean).mul(rstd);
            g.fma(normal, load(sums, dweight + 4L * i)).intoMemorySegment(sums, dweight + 4L * i, ORDER);
            g.add(load(sums, dbias + 4L * i)).intoMemorySegment(sums, dbias + 4L * i, ORDER);
        }
        if (whole < n) {
            VectorMask<Float> rest = Floats.rest(n);
            FloatVector g = load(dy, dyAt + 4L * whole, rest);
            FloatVector normal = load(x, at + 4L * whole, rest).sub(mean).mul(rstd);
            g.fma(normal, load(sums, dweight + 4L * whole, rest))
                    .intoMemorySegment(sums, dweight + 4L * whole, ORDER, rest);
            g.add(load(sums, dbias + 4L * whole, rest)).intoMemorySegment(sums, dbias + 4L * whole, ORDER, rest);
        }
    }

    /** dx = rstd (g - mean(g) - n mean(g n)) with g = dy weight, for one row. */
    static void inputGradient(MemorySegment x, MemorySegment dx, long at, MemorySegment dy, long dyAt,
            MemorySegment weight, int n, float mean, float rstd) {
        FloatVector sumG = all(0f);
        FloatVector sumGn = all(0f);
        int whole = Floats.whole(n);
        VectorMask<Float> rest = Floats.rest(n);
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector g = load(dy, dyAt + 4L * i).mul(load(weight, 4L * i));
            sumG = sumG.add(g);
            sumGn = load(x, at + 4L * i).sub(mean).mul(rstd).fma(g, sumGn);
        }
        if (whole < n) {
            FloatVector g = load(dy, dyAt + 4L * whole, rest).mul(load(weight, 4L * whole, rest));
            sumG = sumG.add(g);
            sumGn = load(x, at + 4L * whole, rest).sub(mean).mul(rstd).fma(g, sumGn);
        }
        float meanG = Floats.sum(sumG) / n;
        float minusMeanGn = -Floats.sum(sumGn) / n;
        for (int i = 0; i < whole; i += FLOATS) {
            FloatVector g = load(dy, dyAt + 4L * i).mul(load(weight, 4L * i)).sub(meanG);
            load(x, at + 4L * i).sub(mean).mul(rstd).fma(all(minusMeanGn), g).mul(rstd)
                    .intoMemorySegment(dx, at + 4L * i, ORDER);
        }
        if (whole < n) {
            FloatVector g = load(dy, dyAt + 4L * whole, rest).mul(load(weight, 4L * whole, rest)).sub(meanG);
            load(x, at + 4L * whole, rest).sub(mean).mul(rstd).fma(all(minusMeanGn), g).mul(rstd)
                    .intoMemorySegment(dx, at + 4L * whole, ORDER, rest);
        }
    }
}
