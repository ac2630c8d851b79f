package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * Gradient of {@link SwiGlu}: dx [..., 2H] is da = dy b silu'(a), then db = dy silu(a). Inputs: x [..., 2H], dy [...,
 * H].
 */
public record SwiGluBackward() implements Op {
    @Override
    public String name() {
        return "swiglu_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 2);
        InferRules.isFloat(name(), "x", in.get(0));
        InferRules.same(name(), "dy", in.get(1), new TensorSpec(SwiGlu.halved(name(), in.get(0)), in.get(0).dtype()));
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] dy = in.get(1).data();
        double[] dx = out.get(0).data();
        int half = in.get(1).dim(-1);
        for (int i = 0; i < dy.length; i++) {
            int a = i / half * 2 * half + i % half;
            dx[a] = dy[i] * x[a + half] * Unary.Kind.SILU.derivative(x[a]);
            dx[a + half] = dy[i] * Unary.Kind.SILU.value(x[a]);
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("gradients of gradients are not part of this engine");
    }
}
