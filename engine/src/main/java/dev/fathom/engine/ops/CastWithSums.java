package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * A matrix in another dtype, and the sums of its columns before it was rounded: what a product in 16 bits wants of the
 * float32 gradient of its result, for its factors and for its bias. One pass over the matrix instead of two.
 *
 * <p>Argument x [R,C]; outputs y [R,C] in the dtype {@code to}, as {@link Cast} rounds, and s [C], float32 of 16-bit and
 * of float32 x.
 *
 * @param to float32, float16, bfloat16 or float64
 */
public record CastWithSums(DType to) implements Op {
    @Override
    public String name() {
        return "cast_with_sums";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        TensorSpec x = in.get(0);
        InferRules.rank(name(), "x", x, 2, "[R,C]");
        return List.of(new Cast(to).infer(in).get(0), new TensorSpec(Shape.of(x.dim(1)), InferRules.wide(x.dtype())));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        new Cast(to).reference(in, out.subList(0, 1));
        double[] x = in.get(0).data();
        double[] sums = out.get(1).data();
        Arrays.fill(sums, 0);
        for (int i = 0; i < x.length; i++) {
            sums[i % sums.length] += x[i];
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it is part of a gradient");
    }
}
