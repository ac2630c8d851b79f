package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * Sums over the axes along which {@code to} would be broadcast to the input's shape: the gradient of broadcasting, and
 * with {@code to} of extent 1 at some axes the keep-dim sum over them. {@code Tensor.sum_to_size}.
 *
 * <p>Numerics: sums in float32 of 16-bit x too, which {@code wide} hands out as they are and else are rounded once.
 *
 * <p>Gradient: dy broadcast back ({@link BroadcastTo}).
 *
 * @param to a shape that broadcasts to the input's
 * @param wide whether the sums of 16-bit x are float32, as the gradient of a float32 bias is; of others they always
 * have x's dtype
 */
public record SumTo(Shape to, boolean wide) implements Op {
    /** Sums in x's own dtype. */
    public SumTo(Shape to) {
        this(to, false);
    }

    /** The input itself when there is nothing to sum. */
    public static Tensor of(Tensor x, Shape to) {
        return x.shape().equals(to) ? x : Dispatcher.run1(new SumTo(to), x);
    }

    /** The gradient of something that was broadcast: sums of its shape and dtype, which is x's or wider. */
    public static Tensor of(Tensor x, TensorSpec to) {
        if (x.shape().equals(to.shape())) {
            return Cast.of(x, to.dtype());
        }
        return Dispatcher.run1(new SumTo(to.shape(), to.dtype() != x.dtype()), x);
    }

    @Override
    public String name() {
        return "sum_to";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        if (!Shape.broadcast(name(), in.get(0).shape(), to).equals(in.get(0).shape())) {
            throw new ShapeException("sum_to: " + to + " does not broadcast to x" + in.get(0).shape());
        }
        DType dtype = in.get(0).dtype();
        return List.of(new TensorSpec(to, wide ? InferRules.wide(dtype) : dtype));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        double[] y = out.get(0).data();
        Arrays.fill(y, 0);
        int[] strides = Binary.broadcastStrides(to, x.shape());
        for (int i = 0; i < x.data().length; i++) {
            int flat = i;
            int index = 0;
            for (int axis = x.shape().rank() - 1; axis >= 0; axis--) {
                index += flat % x.dim(axis) * strides[axis];
                flat /= x.dim(axis);
            }
            y[index] += x.data()[i];
        }
    }

    @Override
    public CastRule castRule() {
        return CastRule.WIDE;
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
        Tensor dy = Cast.of(call.wideGradOutput(0), call.inputSpec(0).dtype());
        return new Tensor[] {BroadcastTo.of(dy, call.inputSpec(0).shape())};
    }
}
