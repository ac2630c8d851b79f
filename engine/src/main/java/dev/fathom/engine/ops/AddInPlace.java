package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * acc += x, element by element, same shapes. How gradients of a tensor that was used more than once are summed.
 * {@code acc.add_(x)} in PyTorch.
 */
public record AddInPlace() implements Op {
    @Override
    public String name() {
        return "add_";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 2);
        InferRules.isFloat(name(), "acc", in.get(0));
        InferRules.sameDType(name(), "acc", in.get(0), "x", in.get(1));
        InferRules.sameShape(name(), "acc", in.get(0), "x", in.get(1));
        return List.of();
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] acc = in.get(0).data();
        double[] x = in.get(1).data();
        for (int i = 0; i < acc.length; i++) {
            acc[i] += x[i];
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.inPlace(this, in);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it updates its first argument in place");
    }

    @Override
    public int[] mutates() {
        return new int[] {0};
    }
}
