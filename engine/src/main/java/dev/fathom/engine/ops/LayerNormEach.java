package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;

/**
 * {@link LayerNorm} of several sequences with one weight and bias, without each sequence's first tokens: what a decoder
 * sees of a vision transformer are four intermediate sequences after the final norm, the class token dropped. One
 * operation instead of a norm and a copy for each.
 *
 * <p>Arguments weight [C], bias [C], then K sequences x [N,T,C] of one shape. Outputs y1..yK [N,T-skip,C], yk[n,t] =
 * layer_norm(xk[n,skip+t]); then m and 1 / sqrt(v + eps) [K,N,T-skip], which only the gradient reads ({@link
 * LayerNormEachBackward}) and {@link #of} does not hand out. Numerics and dtypes as in {@link LayerNorm}.
 *
 * @param count K, from 1 to 32
 * @param eps added to the variance, inside the root
 * @param skip number of tokens at the front of each sequence that are left out; no gradient flows to them
 * @param dtype of y1..yK; null for x's own
 */
public record LayerNormEach(int count, double eps, int skip, DType dtype) implements Op {
    public LayerNormEach {
        if (count < 1 || count > 32) {
            throw new ShapeException("layer_norm_each: takes 1 to 32 sequences, got " + count);
        }
    }

    /** Norms whose results have x's dtype. */
    public LayerNormEach(int count, double eps, int skip) {
        this(count, eps, skip, null);
    }

    /** y1..yK. */
    public static List<Tensor> of(List<Tensor> x, Tensor weight, Tensor bias, double eps, int skip) {
        List<Tensor> in = new ArrayList<>(List.of(weight, bias));
        in.addAll(x);
        LayerNormEach op = new LayerNormEach(x.size(), eps, skip, Autocast.halfFor(x.getFirst()));
        return Dispatcher.run(op, in.toArray(Tensor[]::new)).subList(0, x.size());
    }

    @Override
    public String name() {
        return "layer_norm_each";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 2 + count);
        TensorSpec x = in.get(2);
        InferRules.isFloat(name(), "x", x);
        InferRules.rank(name(), "x", x, 3, "[N,T,C]");
        if (skip < 0 || skip > x.dim(1)) {
            throw new ShapeException(name() + ": x" + x.shape() + " has no " + skip + " tokens to leave out");
        }
        for (int i = 3; i < in.size(); i++) {
            InferRules.same(name(), "x" + (i - 1), in.get(i), x);
        }
        InferRules.same(name(), "weight", in.get(0), new TensorSpec(Shape.of(x.dim(2)),
                InferRules.wide(x.dtype())));
        InferRules.same(name(), "bias", in.get(1), in.get(0));
        List<TensorSpec> out = new ArrayList<>();
        TensorSpec y = new TensorSpec(Shape.of(x.dim(0), x.dim(1) - skip, x.dim(2)),
                dtype == null ? x.dtype() : dtype);
        for (int i = 2; i < in.size(); i++) {
            out.add(y);
        }
        TensorSpec rows = new TensorSpec(Shape.of(count, x.dim(0), x.dim(1) - skip),
                InferRules.wide(x.dtype()));
        out.add(rows);
        out.add(rows);
        return out;
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        LayerNorm norm = new LayerNorm(eps);
        for (int k = 0; k < count; k++) {
            NdArray y = out.get(k);
            Shape rows = Shape.of(y.dim(0), y.dim(1));
            NdArray mean = NdArray.zeros(rows);
            NdArray rstd = NdArray.zeros(rows);
            norm.reference(List.of(withoutFirst(in.get(2 + k), skip), in.get(0), in.get(1)), List.of(y, mean, rstd));
            System.arraycopy(mean.data(), 0, out.get(count).data(), k * mean.data().length, mean.data().length);
            System.arraycopy(rstd.data(), 0, out.get(count + 1).data(), k * rstd.data().length, rstd.data().length);
        }
    }

    /** [N,T,C] without the first tokens of each sequence. */
    static NdArray withoutFirst(NdArray x, int skip) {
        NdArray rest = NdArray.zeros(Shape.of(x.dim(0), x.dim(1) - skip, x.dim(2)));
        new Slice(1, skip, rest.dim(1)).reference(List.of(x), List.of(rest));
        return rest;
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
        // All but the bias; the means and the reciprocal deviations.
        return new Saves((1L << count + 2) - 1 & ~2L, 3L << count);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        List<Tensor> in = new ArrayList<>(List.of(call.input(0), call.output(count), call.output(count + 1)));
        for (int k = 0; k < count; k++) {
            in.add(call.input(2 + k));
        }
        for (int k = 0; k < count; k++) {
            in.add(call.gradOutput(k));
        }
        return Dispatcher.run(new LayerNormEachBackward(count, skip), in.toArray(Tensor[]::new)).toArray(Tensor[]::new);
    }
}
