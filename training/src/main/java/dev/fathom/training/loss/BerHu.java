package dev.fathom.training.loss;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.MaskedLossBackward;

/**
 * The reverse Huber loss of Laina et al. 2016, {@link LossForm#BERHU}. Its threshold is a fifth of the largest error of the
 * whole batch, so statistics take two rounds: in the first the sums are 0 and only the maximum is found, in the second it
 * is what the sums are made with. A perfect prediction and an empty mask give loss 0 and gradient 0.
 */
public final class BerHu implements Objective {
    private static final MaskedLoss LOSS = MaskedLoss.berHu();

    @Override
    public String name() {
        return "berhu";
    }

    @Override
    public Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return LOSS.of(pred, target, mask);
    }

    @Override
    public int rounds() {
        return 2;
    }

    /** Sums as {@link PixelLoss} has them; the largest error. */
    @Override
    public LossStatistics nothing() {
        return LossStatistics.of(new double[3], new double[1]);
    }

    /** With the largest error so far as threshold; before the last round that is not the batch's, nor are the sums. */
    @Override
    public LossStatistics statistics(Tensor pred, Tensor target, Tensor mask, LossStatistics before) {
        double largest = Math.max(before.maximum(0), FusedLoss.largestError(pred, target, mask));
        return LossStatistics.of(FusedLoss.statistics(LOSS, pred, target, mask, largest), new double[] {largest});
    }

    @Override
    public double value(LossStatistics whole) {
        return LOSS.form().loss(whole.sum(0), whole.sum(1), whole.sum(2), 0);
    }

    @Override
    public Tensor gradient(Tensor pred, Tensor target, Tensor mask, LossStatistics whole, double scale) {
        return FusedLoss.gradient(new MaskedLossBackward(LossForm.BERHU, 0), pred, target, mask, whole.sums(), scale,
                whole.maximum(0));
    }
}
