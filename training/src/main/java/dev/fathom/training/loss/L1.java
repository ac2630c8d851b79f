package dev.fathom.training.loss;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;

/** The mean absolute error, {@link LossForm#L1}, in the unit of the target. */
public final class L1 extends PixelLoss {
    public L1() {
        super(MaskedLoss.l1(), "l1");
    }

    /** A pixel's share is one over their number, whatever its error. */
    @Override
    public boolean isKnownBeforehand() {
        return true;
    }

    /** The number of pixels, each with an error of 1: with none, the loss would be 0 and so its gradient. */
    @Override
    public LossStatistics beforehand(Tensor target, Tensor mask) {
        double count = statistics(target, target, mask, nothing()).sum(2);
        return LossStatistics.ofSums(count, count, count);
    }
}
