package dev.fathom.training.loss;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.GradientMatchingBackward;

/**
 * The multi-scale gradient matching term, {@link GradientMatching}. Statistics: for each scale the sum of differences and the
 * number of valid pixels. A perfect prediction and an empty mask give loss 0 and gradient 0.
 *
 * @param matching what is an error, and on how many scales
 */
public record GradientTerm(GradientMatching matching) implements Objective {
    @Override
    public String name() {
        return "gradient_matching(scales=" + matching.scales() + ")";
    }

    @Override
    public Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return matching.of(pred, target, mask);
    }

    @Override
    public LossStatistics nothing() {
        return LossStatistics.ofSums(new double[2 * matching.scales()]);
    }

    @Override
    public LossStatistics statistics(Tensor pred, Tensor target, Tensor mask, LossStatistics before) {
        return LossStatistics.ofSums(FusedLoss.statistics(matching, pred, target, mask));
    }

    @Override
    public double value(LossStatistics whole) {
        return GradientMatching.loss(whole.sums());
    }

    @Override
    public Tensor gradient(Tensor pred, Tensor target, Tensor mask, LossStatistics whole, double scale) {
        return FusedLoss.gradient(new GradientMatchingBackward(matching.error(), matching.scales()), pred, target, mask,
                whole.sums(), scale);
    }

    /** A scale's share is one over the number of its pixels, whatever their differences. */
    @Override
    public boolean isKnownBeforehand() {
        return true;
    }

    @Override
    public LossStatistics beforehand(Tensor target, Tensor mask) {
        return statistics(target, target, mask, nothing());
    }
}
