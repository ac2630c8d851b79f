package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * x *= factor, element by element: clipped gradients, means of accumulated ones. {@code x.mul_(factor)}.
 *
 * @param factor rounded once to x's dtype
 */
public record ScaleInPlace(double factor) implements Op {
    @Override
    public String name() {
        return "scale_";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        return List.of();
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        for (int i = 0; i < x.length; i++) {
            x[i] *= factor;
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.inPlace(this, in);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it updates its argument in place");
    }

    @Override
    public int[] mutates() {
        return new int[] {0};
    }
}
