package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.GradientMatchingBackward;
import dev.fathom.engine.ops.LargestError;
import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.MaskedLossBackward;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Losses over masked pixels: loss.cu and gradient_matching.cu. In float32 alone, as the operations themselves are. Each sum is
 * made in two launches: pieces, then their total.
 */
public final class LossLaunchers {
    private static final Set<DType> FLOAT32 = EnumSet.of(DType.F32);
    private static final int BLOCK = 256;
    /** Pixels of one partial sum. */
    private static final int PIXELS = 2048;
    /** Sums that a piece of a loss hands on: of terms, of squared errors, the number of pixels. */
    private static final int SUMS = 3;

    private LossLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.addWithStatistics(MaskedLoss.class, LossLaunchers::loss);
        table.addWithStatistics(MaskedLossBackward.class, LossLaunchers::backward);
        table.add(LargestError.class, FLOAT32, LossLaunchers::largest);
        table.addWithStatistics(GradientMatching.class, LossLaunchers::matching);
        table.addWithStatistics(GradientMatchingBackward.class, LossLaunchers::matchingBackward);
    }

    private static int pieces(long n) {
        return Math.toIntExact((n + PIXELS - 1) / PIXELS);
    }

    /** The largest error; null for a form without threshold, which never reads it. */
    private static Tensor threshold(LossForm form, List<Tensor> in, int index) {
        return form.hasThreshold() ? in.get(index) : null;
    }

    private static void loss(CudaDevice cuda, MaskedLoss op, List<Tensor> in, List<Tensor> out) {
        long n = in.get(0).numel();
        int pieces = pieces(n);
        try (MemoryScope scope = MemoryScope.scratch("loss")) {
            Tensor triples = cuda.workspace((long) pieces * SUMS * Double.BYTES);
            if (pieces > 0) {
                cuda.kernel("loss", "masked_loss_pieces_f32").grid(pieces).block(BLOCK).arg(in.get(0)).arg(in.get(1))
                        .arg(in.get(2)).arg(threshold(op.form(), in, 3)).arg(triples).arg(n).arg(op.form().ordinal())
                        .launch();
            }
            cuda.kernel("loss", "masked_loss_total_f32").grid(1).block(BLOCK).arg(triples).arg(out.get(0))
                    .arg(out.get(1)).arg(pieces).arg(op.form().ordinal())
                    .arg(Double.doubleToRawLongBits(op.parameter())).launch();
        }
    }

    private static void backward(CudaDevice cuda, MaskedLossBackward op, List<Tensor> in, List<Tensor> out) {
        Tensor dPred = out.get(0);
        if (dPred.numel() == 0) {
            return;
        }
        var launch = cuda.kernel("loss", "masked_loss_backward_f32").gridFor(dPred.numel(), PIXELS).block(BLOCK);
        in.subList(0, 5).forEach(launch::arg);
        launch.arg(threshold(op.form(), in, 5)).arg(dPred).arg(dPred.numel()).arg(op.form().ordinal())
                .arg(Double.doubleToRawLongBits(op.parameter())).launch();
    }

    private static void largest(CudaDevice cuda, LargestError op, List<Tensor> in, List<Tensor> out) {
        long n = in.get(0).numel();
        int pieces = pieces(n);
        try (MemoryScope scope = MemoryScope.scratch("largest error")) {
            Tensor most = cuda.workspace((long) pieces * Double.BYTES);
            if (pieces > 0) {
                cuda.kernel("loss", "largest_error_pieces_f32").grid(pieces).block(BLOCK).arg(in.get(0)).arg(in.get(1))
                        .arg(in.get(2)).arg(most).arg(n).launch();
            }
            cuda.kernel("loss", "largest_error_total").grid(1).block(BLOCK).arg(most).arg(out.get(0)).arg(pieces)
                    .launch();
        }
    }

    private static void matching(CudaDevice cuda, GradientMatching op, List<Tensor> in, List<Tensor> out) {
        Tensor pred = in.get(0);
        int pieces = pieces(pred.numel());
        try (MemoryScope scope = MemoryScope.scratch("gradient matching")) {
            Tensor pairs = cuda.workspace(2L * op.scales() * pieces * Double.BYTES);
            if (pieces > 0) {
                cuda.kernel("gradient_matching", "gradient_matching_pieces_f32").grid(pieces, op.scales(), 1)
                        .block(BLOCK).arg(pred).arg(in.get(1)).arg(in.get(2)).arg(pairs).arg(pred.dim(0))
                        .arg(pred.dim(1)).arg(pred.dim(2)).arg(op.error().ordinal()).launch();
            }
            cuda.kernel("gradient_matching", "gradient_matching_total_f32").grid(1).block(BLOCK).arg(pairs)
                    .arg(out.get(0)).arg(out.get(1)).arg(pieces).arg(op.scales()).launch();
        }
    }

    private static void matchingBackward(CudaDevice cuda, GradientMatchingBackward op, List<Tensor> in,
            List<Tensor> out) {
        Tensor dPred = out.get(0);
        if (dPred.numel() == 0) {
            return;
        }
        var launch = cuda.kernel("gradient_matching", "gradient_matching_backward_f32").gridFor(dPred.numel(), PIXELS)
                .block(BLOCK);
        in.forEach(launch::arg);
        launch.arg(dPred).arg(dPred.dim(0)).arg(dPred.dim(1)).arg(dPred.dim(2)).arg(op.scales())
                .arg(op.error().ordinal()).launch();
    }
}
