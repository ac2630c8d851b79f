package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * x = value, every element: state that starts anew. {@code x.fill_(value)}.
 *
 * @param value rounded once to x's dtype
 */
public record FillInPlace(double value) implements Op {
    @Override
    public String name() {
        return "fill_";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        return List.of();
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        Arrays.fill(in.get(0).data(), value);
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        // Written without being read.
        return OpCost.streaming(List.of(), in);
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
