package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.LargestError;
import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.MaskedLossBackward;
import dev.fathom.engine.ops.PixelError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Losses over masked pixels. Scalar float64 on purpose: a loss is one pass over a few hundred thousand pixels beside a
 * network of 10^12 operations, and its difference of two nearly equal means wants the digits.
 */
public final class LossKernels {
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ORDER);
    /** Pixels of a task. */
    static final int PIECE = 1 << 14;

    private LossKernels() {
    }

    public static void register(KernelTable table) {
        table.addWithStatistics(MaskedLoss.class, LossKernels::loss);
        table.addWithStatistics(MaskedLossBackward.class, LossKernels::backward);
        table.add(LargestError.class, LossKernels::largest);
        GradientMatchingKernels.register(table);
    }

    static int pieces(long n) {
        return Math.toIntExact((n + PIECE - 1) / PIECE);
    }

    private static double threshold(LossForm form, List<Tensor> in, int index) {
        return form.hasThreshold() ? LossForm.THRESHOLD * in.get(index).segment().get(DOUBLE, 0) : 0;
    }

    private static void loss(MaskedLoss op, List<Tensor> in, List<Tensor> out) {
        MemorySegment pred = in.get(0).segment();
        MemorySegment target = in.get(1).segment();
        MemorySegment mask = in.get(2).segment();
        LossForm form = op.form();
        PixelError error = form.error();
        double threshold = threshold(form, in, 3);
        long n = in.get(0).numel();
        double[] sums = new double[pieces(n)];
        double[] squares = new double[sums.length];
        long[] counts = new long[sums.length];
        Chunks.run(n, PIECE, (from, to) -> {
            double sum = 0;
            double square = 0;
            long count = 0;
            for (long i = from; i < to; i++) {
                if (mask.get(ValueLayout.JAVA_BYTE, i) != 0) {
                    double e = error.of(target.get(FLOAT, i * 4), pred.get(FLOAT, i * 4));
                    sum += form.term(e, threshold);
                    square += e * e;
                    count++;
                }
            }
            int piece = (int) (from / PIECE);
            sums[piece] = sum;
            squares[piece] = square;
            counts[piece] = count;
        });
        double sum = 0;
        double square = 0;
        long count = 0;
        for (int i = 0; i < sums.length; i++) {
            sum += sums[i];
            square += squares[i];
            count += counts[i];
        }
        out.get(0).segment().set(FLOAT, 0, (float) form.loss(sum, square, count, op.parameter()));
        MemorySegment statistics = out.get(1).segment();
        statistics.set(DOUBLE, 0, sum);
        statistics.set(DOUBLE, 8, square);
        statistics.set(DOUBLE, 16, count);
    }

    private static void backward(MaskedLossBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment pred = in.get(0).segment();
        MemorySegment target = in.get(1).segment();
        MemorySegment mask = in.get(2).segment();
        MemorySegment dPred = out.get(0).segment();
        LossForm.Line line = op.line(in.get(3).toDoubles(), in.get(4).segment().get(FLOAT, 0));
        double threshold = threshold(op.form(), in, 5);
        Chunks.run(in.get(0).numel(), PIECE, (from, to) -> {
            for (long i = from; i < to; i++) {
                double g = mask.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0
                        : op.form().gradient(target.get(FLOAT, i * 4), pred.get(FLOAT, i * 4), line, threshold);
                dPred.set(FLOAT, i * 4, (float) g);
            }
        });
    }

    private static void largest(LargestError op, List<Tensor> in, List<Tensor> out) {
        MemorySegment pred = in.get(0).segment();
        MemorySegment target = in.get(1).segment();
        MemorySegment mask = in.get(2).segment();
        long n = in.get(0).numel();
        double[] most = new double[pieces(n)];
        Chunks.run(n, PIECE, (from, to) -> {
            double largest = 0;
            for (long i = from; i < to; i++) {
                if (mask.get(ValueLayout.JAVA_BYTE, i) != 0) {
                    double e = PixelError.DIFFERENCE.of(target.get(FLOAT, i * 4), pred.get(FLOAT, i * 4));
                    largest = Math.max(largest, Math.abs(e));
                }
            }
            most[(int) (from / PIECE)] = largest;
        });
        double largest = 0;
        for (double m : most) {
            largest = Math.max(largest, m);
        }
        out.get(0).segment().set(DOUBLE, 0, largest);
    }
}
