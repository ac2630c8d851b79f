package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The gate of the SwiGLU feed-forward (Shazeer 2020; DINOv2's {@code SwiGLUFFN}): x [..., 2H] is two halves, first a,
 * then b; y [..., H] = silu(a) b with silu(a) = a sigmoid(a).
 *
 * <p>Gradient: da = dy b silu'(a), db = dy silu(a), by {@link SwiGluBackward}.
 */
public record SwiGlu() implements Op {
    public static Tensor of(Tensor x) {
        return Dispatcher.run1(new SwiGlu(), x);
    }

    @Override
    public String name() {
        return "swiglu";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        return List.of(new TensorSpec(halved(name(), in.get(0)), in.get(0).dtype()));
    }

    /** [..., 2H] to [..., H]. */
    static Shape halved(String op, TensorSpec x) {
        InferRules.atLeastRank(op, "x", x, 1, "[..., 2H]");
        if (x.dim(-1) % 2 != 0) {
            throw new ShapeException(op + ": x" + x.shape() + " must have an even last extent, two halves");
        }
        return x.shape().with(-1, x.dim(-1) / 2);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] y = out.get(0).data();
        int half = out.get(0).dim(-1);
        for (int i = 0; i < y.length; i++) {
            int a = i / half * 2 * half + i % half;
            y[i] = Unary.Kind.SILU.value(x[a]) * x[a + half];
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
    public Saves saves() {
        return Saves.inputs(0);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        return new Tensor[] {Dispatcher.run1(new SwiGluBackward(), call.input(0), call.gradOutput(0))};
    }
}
