package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * Softmax over the last axis: y = e^(x - m) / sum e^(x - m) with m the largest x of the row, so that nothing overflows.
 * {@code torch.softmax(x, dim=-1)}. x and y are [..., C].
 *
 * <p>A row with a NaN or +inf, or of -inf only, becomes NaN, as in PyTorch. Terms below 2^-126 of the largest are 0.
 * Gradient: dx = y (dy - sum(dy y)), by {@link SoftmaxBackward}.
 */
public record Softmax() implements Op {
    public static Tensor of(Tensor x) {
        return Dispatcher.run1(new Softmax(), x);
    }

    @Override
    public String name() {
        return "softmax";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        InferRules.atLeastRank(name(), "x", in.get(0), 1, "[..., C]");
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] y = out.get(0).data();
        int channels = in.get(0).dim(-1);
        for (int at = 0; at < x.length; at += channels) {
            double max = Double.NEGATIVE_INFINITY;
            for (int c = 0; c < channels; c++) {
                max = Math.max(max, x[at + c]);
            }
            double sum = 0;
            for (int c = 0; c < channels; c++) {
                sum += Math.exp(x[at + c] - max);
            }
            for (int c = 0; c < channels; c++) {
                y[at + c] = Math.exp(x[at + c] - max) / sum;
            }
        }
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
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return Saves.outputs(0);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        return new Tensor[] {Dispatcher.run1(new SoftmaxBackward(), call.output(0), call.gradOutput(0))};
    }
}
