package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.ops.SiLogLoss;
import dev.fathom.engine.ops.SiLogLossBackward;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Losses over masked pixels. Scalar float64 on purpose: a loss is one pass over a few hundred thousand pixels beside a
 * network of 10^12 operations, and its difference of two nearly equal means wants the digits.
 */
public final class LossKernels {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    /** Pixels of a task. */
    private static final int PIECE = 1 << 14;

    private LossKernels() {
    }

    public static void register(KernelTable table) {
        table.add(SiLogLoss.class, LossKernels::siLog);
        table.add(SiLogLossBackward.class, LossKernels::siLogBackward);
    }

    private static void siLog(SiLogLoss op, List<Tensor> in, List<Tensor> out) {
        MemorySegment pred = in.get(0).segment();
        MemorySegment target = in.get(1).segment();
        MemorySegment mask = in.get(2).segment();
        long n = in.get(0).numel();
        int pieces = Math.toIntExact((n + PIECE - 1) / PIECE);
        double[] sums = new double[pieces];
        double[] squares = new double[pieces];
        long[] counts = new long[pieces];
        Chunks.run(n, PIECE, (from, to) -> {
            int piece = (int) (from / PIECE);
            double sum = 0;
            double square = 0;
            long count = 0;
            for (long i = from; i < to; i++) {
                if (mask.get(ValueLayout.JAVA_BYTE, i) != 0) {
                    double d = SiLogLoss.logRatio(target.get(FLOAT, i * 4), pred.get(FLOAT, i * 4));
                    sum += d;
                    square += d * d;
                    count++;
                }
            }
            sums[piece] = sum;
            squares[piece] = square;
            counts[piece] = count;
        });
        double sum = 0;
        double square = 0;
        long count = 0;
        for (int i = 0; i < pieces; i++) {
            sum += sums[i];
            square += squares[i];
            count += counts[i];
        }
        out.get(0).segment().set(FLOAT, 0, (float) op.loss(sum, square, count));
        out.get(1).segment().set(FLOAT, 0, count == 0 ? 0 : (float) (sum / count));
        out.get(1).segment().set(FLOAT, 4, count);
    }

    private static void siLogBackward(SiLogLossBackward op, List<Tensor> in, List<Tensor> out) {
        MemorySegment pred = in.get(0).segment();
        MemorySegment target = in.get(1).segment();
        MemorySegment mask = in.get(2).segment();
        MemorySegment dPred = out.get(0).segment();
        double mean = in.get(4).segment().get(FLOAT, 0);
        double count = in.get(4).segment().get(FLOAT, 4);
        double slope = SiLogLossBackward.slope(in.get(3).segment().get(FLOAT, 0), count,
                in.get(5).segment().get(FLOAT, 0));
        double shift = op.shift(mean, slope, count, in.get(6).segment().get(FLOAT, 0));
        Chunks.run(in.get(0).numel(), PIECE, (from, to) -> {
            for (long i = from; i < to; i++) {
                double g = mask.get(ValueLayout.JAVA_BYTE, i) == 0 ? 0
                        : SiLogLossBackward.pixel(target.get(FLOAT, i * 4), pred.get(FLOAT, i * 4), slope, shift);
                dPred.set(FLOAT, i * 4, (float) g);
            }
        });
    }
}
