package dev.fathom.training.loss;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.MaskedLossBackward;

/**
 * A loss that is a function of sums over pixels and needs nothing else of the batch: {@link MaskedLoss} in a form without
 * threshold. Statistics: the sum of the form's terms, of squared errors, and the number of valid pixels. A perfect prediction
 * and an empty mask give loss 0 and gradient 0.
 */
abstract class PixelLoss implements Objective {
    private final MaskedLoss loss;
    private final String name;

    /** @throws IllegalArgumentException if the form has a threshold: {@link BerHu} finds it */
    PixelLoss(MaskedLoss loss, String name) {
        if (loss.form().hasThreshold()) {
            throw new IllegalArgumentException(loss.form() + " needs the largest error first");
        }
        this.loss = loss;
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return loss.of(pred, target, mask);
    }

    @Override
    public LossStatistics nothing() {
        return LossStatistics.ofSums(0, 0, 0);
    }

    @Override
    public LossStatistics statistics(Tensor pred, Tensor target, Tensor mask, LossStatistics before) {
        return LossStatistics.ofSums(FusedLoss.statistics(loss, pred, target, mask));
    }

    @Override
    public double value(LossStatistics whole) {
        return loss.form().loss(whole.sum(0), whole.sum(1), whole.sum(2), loss.parameter());
    }

    @Override
    public Tensor gradient(Tensor pred, Tensor target, Tensor mask, LossStatistics whole, double scale) {
        return FusedLoss.gradient(new MaskedLossBackward(loss.form(), loss.parameter()), pred, target, mask, whole.sums(),
                scale);
    }

    @Override
    public String toString() {
        return name;
    }
}
