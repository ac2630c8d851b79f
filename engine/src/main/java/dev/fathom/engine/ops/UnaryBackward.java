package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * dx = dy f', the gradient of {@link Unary}. Inputs: v and dy, of one shape, where v is y = f(x) for the functions
 * whose derivative is computed from it ({@link Unary.Kind#derivativeFromOutput()}) and x for the others.
 */
public record UnaryBackward(Unary.Kind kind) implements Op {
    @Override
    public String name() {
        return kind.torchName() + "_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 2);
        String v = kind.derivativeFromOutput() ? "y" : "x";
        InferRules.isFloat(name(), v, in.get(0));
        InferRules.sameDType(name(), v, in.get(0), "dy", in.get(1));
        InferRules.sameShape(name(), v, in.get(0), "dy", in.get(1));
        return List.of(in.get(0));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] v = in.get(0).data();
        double[] dy = in.get(1).data();
        double[] dx = out.get(0).data();
        for (int i = 0; i < dx.length; i++) {
            dx[i] = dy[i] * kind.derivative(v[i]);
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
