package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;

/**
 * A loss over all masked pixels of a batch together, of one of the forms of {@link LossForm}: each pixel's error goes into
 * three sums, and the loss is a function of these.
 *
 * <p>Inputs: pred and target of one shape, and mask (bool) of that shape, true where the target is valid; berHu has a fourth,
 * the largest error [] in float64 ({@link LargestError}), a fifth of which is its threshold. Outputs: the loss [], and
 * the statistics [3] in float64: sum of the form's terms, sum of squared errors, number of masked pixels. The gradient reads
 * them; who adds those of several parts of a batch up has those of the batch.
 *
 * <p>What the originals leave undefined is defined here, and never NaN:
 * <ul>
 * <li>an empty mask: loss 0 and gradient 0 (the originals: NaN, and 0 or NaN);
 * <li>a perfect prediction, or any that leaves nothing under a root: loss 0 and gradient 0 (the originals: 0 and NaN).
 * </ul>
 * A NaN under the mask stays visible as a NaN loss. What is outside the mask is not looked at.
 *
 * <p>Numerics: errors and all sums in float64, in pieces of a fixed size, on every backend; the difference of two nearly
 * equal means wants the digits. A 16-bit pred is refused, as its logarithm would be one of three digits;
 * {@link dev.fathom.engine.dispatch.Autocast} casts it to float32 first.
 *
 * <p>Gradient by pred ({@link MaskedLossBackward}), through the loss alone; target, mask, threshold are constants.
 *
 * @param form which loss
 * @param parameter SiLog's lambda, beta of its ZoeDepth form; 0 for forms without
 */
public record MaskedLoss(LossForm form, double parameter) implements Op {
    /** What {@link #statistics} of the second output are. */
    static final TensorSpec STATISTICS = new TensorSpec(Shape.of(3), DType.F64);

    public MaskedLoss {
        form.check(parameter);
    }

    /** SiLog as Depth Anything V2 computes it (lambda 0.5 there). */
    public static MaskedLoss siLog(double lambda) {
        return new MaskedLoss(LossForm.SILOG, lambda);
    }

    /** SiLog as ZoeDepth computes it (beta 0.15 there). */
    public static MaskedLoss siLogZoe(double beta) {
        return new MaskedLoss(LossForm.SILOG_ZOE, beta);
    }

    /** The mean absolute error. */
    public static MaskedLoss l1() {
        return new MaskedLoss(LossForm.L1, 0);
    }

    /** The reverse Huber loss; its threshold comes with the tensors. */
    public static MaskedLoss berHu() {
        return new MaskedLoss(LossForm.BERHU, 0);
    }

    /** The loss [], recorded. For berHu the largest error is found first. */
    public Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return Dispatcher.run(this, inputs(pred, target, mask)).get(0);
    }

    private Tensor[] inputs(Tensor pred, Tensor target, Tensor mask) {
        return form.hasThreshold() ? new Tensor[] {pred, target, mask, LargestError.of(pred, target, mask)}
                : new Tensor[] {pred, target, mask};
    }

    @Override
    public String name() {
        return form.title() + "_loss";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, form.inputs());
        checkPixels(name(), in);
        checkThreshold(name(), in.subList(3, form.inputs()));
        return List.of(new TensorSpec(Shape.SCALAR, in.get(0).dtype()), STATISTICS);
    }

    static void checkPixels(String op, List<TensorSpec> in) {
        InferRules.isFloat(op, "pred", in.get(0));
        InferRules.isWide(op, "pred", in.get(0), in.get(0));
        InferRules.sameDType(op, "pred", in.get(0), "target", in.get(1));
        InferRules.isDType(op, "mask", in.get(2), DType.BOOL);
        InferRules.sameShape(op, "pred", in.get(0), "target", in.get(1));
        InferRules.sameShape(op, "pred", in.get(0), "mask", in.get(2));
    }

    static void checkThreshold(String op, List<TensorSpec> largest) {
        largest.forEach(spec -> InferRules.same(op, "largest error", spec, LargestError.RESULT));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] pred = in.get(0).data();
        double[] target = in.get(1).data();
        double[] mask = in.get(2).data();
        double threshold = form.hasThreshold() ? LossForm.THRESHOLD * in.get(3).data()[0] : 0;
        double[] statistics = out.get(1).data();
        for (int i = 0; i < pred.length; i++) {
            if (mask[i] != 0) {
                double error = form.error().of(target[i], pred[i]);
                statistics[0] += form.term(error, threshold);
                statistics[1] += error * error;
                statistics[2]++;
            }
        }
        out.get(0).data()[0] = form.loss(statistics[0], statistics[1], statistics[2], parameter);
    }

    @Override
    public CastRule castRule() {
        return CastRule.WIDE;
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.inputs(0);
    }

    @Override
    public Saves saves() {
        return (form.hasThreshold() ? Saves.inputs(0, 1, 2, 3) : Saves.inputs(0, 1, 2)).andOutputs(1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        if (call.hasGradOutput(1)) {
            throw new MissingGradientException(name() + ": a gradient flows through the loss alone, not through its"
                    + " statistics");
        }
        List<Tensor> arguments = new ArrayList<>(List.of(call.input(0), call.input(1), call.input(2), call.output(1),
                call.gradOutput(0)));
        if (form.hasThreshold()) {
            arguments.add(call.input(3));
        }
        Tensor[] gradients = new Tensor[call.inputs()];
        gradients[0] = Dispatcher.run1(new MaskedLossBackward(form, parameter), arguments.toArray(Tensor[]::new));
        return gradients;
    }
}
