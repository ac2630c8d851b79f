package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.SiLogLoss;
import dev.fathom.engine.ops.SiLogLossBackward;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Losses over masked pixels: loss.cu. In float32 alone, as the operations themselves are. */
public final class LossLaunchers {
    private static final Set<DType> FLOAT32 = EnumSet.of(DType.F32);
    private static final int BLOCK = 256;
    /** Pixels of one partial sum. */
    private static final int PIXELS = 2048;
    /** Sums that each piece hands on: of d, of d^2, the number of pixels. */
    private static final int SUMS = 3;

    private LossLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(SiLogLoss.class, FLOAT32, LossLaunchers::siLog);
        table.add(SiLogLossBackward.class, FLOAT32, LossLaunchers::siLogBackward);
    }

    private static void siLog(CudaDevice cuda, SiLogLoss op, List<Tensor> in, List<Tensor> out) {
        long n = in.get(0).numel();
        int pieces = Math.toIntExact((n + PIXELS - 1) / PIXELS);
        try (MemoryScope scope = MemoryScope.scratch("silog")) {
            Tensor triples = cuda.workspace((long) pieces * SUMS * Double.BYTES);
            if (pieces > 0) {
                cuda.kernel("loss", "silog_pieces_f32").grid(pieces).block(BLOCK).arg(in.get(0)).arg(in.get(1))
                        .arg(in.get(2)).arg(triples).arg(n).launch();
            }
            cuda.kernel("loss", "silog_total_f32").grid(1).block(BLOCK).arg(triples).arg(out.get(0)).arg(out.get(1))
                    .arg(pieces).arg(Double.doubleToRawLongBits(op.lambda())).launch();
        }
    }

    private static void siLogBackward(CudaDevice cuda, SiLogLossBackward op, List<Tensor> in, List<Tensor> out) {
        Tensor dPred = out.get(0);
        if (dPred.numel() == 0) {
            return;
        }
        var launch = cuda.kernel("loss", "silog_backward_f32").gridFor(dPred.numel(), PIXELS).block(BLOCK);
        in.forEach(launch::arg);
        launch.arg(dPred).arg(dPred.numel()).arg(Double.doubleToRawLongBits(op.lambda())).launch();
    }
}
