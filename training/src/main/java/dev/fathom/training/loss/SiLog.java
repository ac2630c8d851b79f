package dev.fathom.training.loss;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.ops.Cast;
import dev.fathom.engine.ops.SiLogLoss;
import dev.fathom.engine.ops.SiLogLossBackward;

/**
 * The scale-invariant log loss of Depth Anything V2's metric trainer, {@link SiLogLoss}: with d = ln target - ln pred,
 * sqrt(mean(d^2) - lambda mean(d)^2) over all valid pixels of the batch. A perfect prediction and an empty mask give loss 0
 * and gradient 0.
 *
 * @param lambda how far a common scale error is forgiven: 0 not at all, 1 wholly
 */
public record SiLog(double lambda) implements Objective {
    @Override
    public String name() {
        return "silog(lambda=" + lambda + ")";
    }

    @Override
    public Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return SiLogLoss.of(pred, target, mask, lambda);
    }

    /** Sums of d, of d^2, and the number of valid pixels. */
    @Override
    public LossStatistics nothing() {
        return LossStatistics.ofSums(0, 0, 0);
    }

    @Override
    public LossStatistics statistics(Tensor pred, Tensor target, Tensor mask, LossStatistics before) {
        double[] p = pred.toDoubles();
        double[] t = target.toDoubles();
        double[] m = mask.toDoubles();
        double sum = 0;
        double squares = 0;
        double count = 0;
        for (int i = 0; i < p.length; i++) {
            if (m[i] != 0) {
                double d = SiLogLoss.logRatio(t[i], p[i]);
                sum += d;
                squares += d * d;
                count++;
            }
        }
        return LossStatistics.ofSums(sum, squares, count);
    }

    @Override
    public double value(LossStatistics whole) {
        return new SiLogLoss(lambda).loss(whole.sum(0), whole.sum(1), whole.sum(2));
    }

    @Override
    public Tensor gradient(Tensor pred, Tensor target, Tensor mask, LossStatistics whole, double scale) {
        try (GradMode.Scope off = GradMode.noGrad()) {
            DType wide = target.dtype();
            Tensor p = pred.dtype() == wide ? pred : Cast.of(pred, wide);
            double count = whole.sum(2);
            TensorSpec one = new TensorSpec(Shape.SCALAR, wide);
            TensorSpec two = new TensorSpec(Shape.of(2), wide);
            Tensor dPred = Dispatcher.run1(new SiLogLossBackward(lambda), p, target, mask,
                    Tensor.allocate(one, pred.device()).copyFrom(new double[] {value(whole)}),
                    Tensor.allocate(two, pred.device()).copyFrom(
                            new double[] {count == 0 ? 0 : whole.sum(0) / count, count}),
                    Tensor.allocate(one, pred.device()).copyFrom(new double[] {scale}),
                    Tensor.allocate(two, pred.device()).copyFrom(new double[2]));
            return dPred.dtype() == pred.dtype() ? dPred : Cast.of(dPred, pred.dtype());
        }
    }
}
