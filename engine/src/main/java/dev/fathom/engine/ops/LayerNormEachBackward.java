package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Gradient of {@link LayerNormEach}; the formulas are {@link LayerNormBackward}'s. The tokens that were left out get
 * zeros.
 *
 * <p>Arguments weight [C], mean and rstd [K,N,T-skip], x1..xK [N,T,C], dy1..dyK [N,T-skip,C]; dtypes
 * as in {@link LayerNormBackward}. Outputs dweight [C] and
 * dbias [C], summed over all K sequences, then dx1..dxK like x.
 *
 * @param count K
 * @param skip number of tokens at the front of each sequence that were left out
 */
public record LayerNormEachBackward(int count, int skip) implements Op {
    @Override
    public String name() {
        return "layer_norm_each_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 3 + 2 * count);
        TensorSpec x = in.get(3);
        InferRules.isFloat(name(), "x", x);
        InferRules.rank(name(), "x", x, 3, "[N,T,C]");
        if (skip < 0 || skip > x.dim(1)) {
            throw new ShapeException(name() + ": x" + x.shape() + " has no " + skip + " tokens to leave out");
        }
        DType wide = InferRules.wide(x.dtype());
        InferRules.isFloat(name(), "dy1", in.get(3 + count));
        TensorSpec dy = new TensorSpec(x.shape().with(1, x.dim(1) - skip), in.get(3 + count).dtype());
        TensorSpec rows = new TensorSpec(Shape.of(count, x.dim(0), dy.dim(1)), wide);
        InferRules.same(name(), "weight", in.get(0), new TensorSpec(Shape.of(x.dim(2)), wide));
        InferRules.same(name(), "mean", in.get(1), rows);
        InferRules.same(name(), "rstd", in.get(2), rows);
        List<TensorSpec> out = new ArrayList<>(List.of(in.get(0), in.get(0)));
        for (int k = 0; k < count; k++) {
            InferRules.same(name(), "x" + (k + 1), in.get(3 + k), x);
            InferRules.same(name(), "dy" + (k + 1), in.get(3 + count + k), dy);
            out.add(x);
        }
        return out;
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] dweight = out.get(0).data();
        double[] dbias = out.get(1).data();
        Arrays.fill(dweight, 0);
        Arrays.fill(dbias, 0);
        LayerNormBackward one = new LayerNormBackward();
        for (int k = 0; k < count; k++) {
            NdArray x = LayerNormEach.withoutFirst(in.get(3 + k), skip);
            Shape rows = Shape.of(x.dim(0), x.dim(1));
            NdArray dx = NdArray.zeros(x.shape());
            NdArray weightPart = NdArray.zeros(out.get(0).shape());
            NdArray biasPart = NdArray.zeros(out.get(1).shape());
            one.reference(List.of(x, in.get(0), part(in.get(1), k, rows), part(in.get(2), k, rows),
                    in.get(3 + count + k)), List.of(dx, weightPart, biasPart));
            new PadAxis(1, skip, 0).reference(List.of(dx), List.of(out.get(2 + k)));
            for (int c = 0; c < dweight.length; c++) {
                dweight[c] += weightPart.data()[c];
                dbias[c] += biasPart.data()[c];
            }
        }
    }

    /** Entry k of the first axis. */
    private static NdArray part(NdArray all, int k, Shape shape) {
        int size = Math.toIntExact(shape.numel());
        return new NdArray(shape, Arrays.copyOfRange(all.data(), k * size, (k + 1) * size));
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
