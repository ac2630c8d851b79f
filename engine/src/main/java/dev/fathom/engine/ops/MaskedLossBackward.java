package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The gradient of {@link MaskedLoss} by pred: at each masked pixel dL/de de/dpred, elsewhere 0. With L the loss, M the number
 * of masked pixels and m their mean error, dL/de is
 *
 * <pre>
 * silog        (e - lambda m) / (M L)
 * silog_zoe    100 / L ((e - m) / (M - 1) + beta m / M)        10 sqrt(beta) sign(m) of one pixel
 * l1           sign(e) / M
 * berhu        sign(e) / M up to the threshold c, e / (c M) above
 * </pre>
 *
 * <p>and 0 where L is 0. Inputs: pred, target and mask as in the forward; the statistics [3] in float64, of this batch or of
 * a larger one that this is a part of; the gradient of the loss []; for berHu the largest error [] in float64. Output: of
 * pred's shape.
 *
 * @param form as in the forward
 * @param parameter as in the forward
 */
public record MaskedLossBackward(LossForm form, double parameter) implements Op {
    public MaskedLossBackward {
        form.check(parameter);
    }

    @Override
    public String name() {
        return form.title() + "_loss_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, form.inputs() + 2);
        MaskedLoss.checkPixels(name(), in);
        InferRules.same(name(), "statistics", in.get(3), MaskedLoss.STATISTICS);
        checkScalar(name(), in.get(4), in.get(0));
        MaskedLoss.checkThreshold(name(), in.subList(5, in.size()));
        return List.of(in.get(0));
    }

    static void checkScalar(String op, TensorSpec dLoss, TensorSpec pred) {
        InferRules.sameDType(op, "pred", pred, "dloss", dLoss);
        if (!dLoss.shape().equals(Shape.SCALAR)) {
            throw new ShapeException(op + ": dloss must be " + Shape.SCALAR + ", got " + dLoss.shape());
        }
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] pred = in.get(0).data();
        double[] target = in.get(1).data();
        double[] mask = in.get(2).data();
        double[] dPred = out.get(0).data();
        LossForm.Line line = line(in.get(3).data(), in.get(4).data()[0]);
        double threshold = form.hasThreshold() ? LossForm.THRESHOLD * in.get(5).data()[0] : 0;
        for (int i = 0; i < dPred.length; i++) {
            dPred[i] = mask[i] != 0 ? form.gradient(target[i], pred[i], line, threshold) : 0;
        }
    }

    /** What all pixels share, from the statistics and the gradient of the loss. */
    public LossForm.Line line(double[] statistics, double dLoss) {
        return form.line(statistics[0], statistics[1], statistics[2], parameter, dLoss);
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it is itself a gradient");
    }
}
