package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * y = scale * x + shift with constant numbers: the metric head's times max_depth, signs, means. Gradient: scale * dy.
 *
 * @param scale factor
 * @param shift added after the product
 */
public record Affine(double scale, double shift) implements Op {
    public static Tensor of(Tensor x, double scale, double shift) {
        return Dispatcher.run1(new Affine(scale, shift), x);
    }

    @Override
    public String name() {
        return "affine";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] y = out.get(0).data();
        for (int i = 0; i < y.length; i++) {
            y[i] = scale * x[i] + shift;
        }
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
    public Tensor[] backward(BackwardCall call) {
        return new Tensor[] {of(call.gradOutput(0), scale, 0)};
    }
}
