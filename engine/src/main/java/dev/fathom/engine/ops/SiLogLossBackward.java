package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The gradient of {@link SiLogLoss} by pred. With L the loss, m the mean of d and M the number of masked pixels,
 *
 * <pre>dL/dpred = -(d - lambda m) / (M L max(pred, epsilon))     under the mask, where L &gt; 0; else 0</pre>
 *
 * <p>Inputs: pred, target, mask as in the forward, its two outputs L [] and [m, M], and the gradient of L []. Output: of pred's shape.
 *
 * @param lambda as in the forward
 */
public record SiLogLossBackward(double lambda) implements Op {
    @Override
    public String name() {
        return "silog_loss_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 6);
        SiLogLoss.checkPixels(name(), in);
        InferRules.rank(name(), "loss", in.get(3), 0, "[]");
        InferRules.rank(name(), "dloss", in.get(5), 0, "[]");
        if (in.get(4).rank() != 1 || in.get(4).dim(0) != 2) {
            throw new ShapeException(name() + ": the statistics must be [2] (mean, count), got " + in.get(4).shape());
        }
        for (int i = 3; i < 6; i++) {
            InferRules.sameDType(name(), "pred", in.get(0), i == 3 ? "loss" : i == 4 ? "statistics" : "dloss", in.get(i));
        }
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] pred = in.get(0).data();
        double[] target = in.get(1).data();
        double[] mask = in.get(2).data();
        double[] dPred = out.get(0).data();
        double mean = in.get(4).data()[0];
        double factor = factor(in.get(3).data()[0], in.get(4).data()[1], in.get(5).data()[0]);
        for (int i = 0; i < dPred.length; i++) {
            dPred[i] = mask[i] != 0 ? pixel(target[i], pred[i], mean, factor) : 0;
        }
    }

    /** What all pixels share: dloss / (M L); 0 where the loss is 0, which includes an empty mask. */
    public static double factor(double loss, double count, double gradient) {
        return loss == 0 ? 0 : gradient / (count * loss);
    }

    /** The gradient of one masked pixel. */
    public double pixel(double target, double pred, double mean, double factor) {
        return factor == 0 ? 0 : -factor * (SiLogLoss.logRatio(target, pred) - lambda * mean) / Math.max(pred, SiLogLoss.EPSILON);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it is itself a gradient");
    }
}
