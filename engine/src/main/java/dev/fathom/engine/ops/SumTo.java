package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * Sums over the axes along which {@code to} would be broadcast to the input's shape: the gradient of broadcasting, and
 * with {@code to} of extent 1 at some axes the keep-dim sum over them. {@code Tensor.sum_to_size}.
 *
 * <p>Gradient: dy broadcast back ({@link BroadcastTo}).
 *
 * @param to a shape that broadcasts to the input's
 */
public record SumTo(Shape to) implements Op {
    /** The input itself when there is nothing to sum. */
    public static Tensor of(Tensor x, Shape to) {
        return x.shape().equals(to) ? x : Dispatcher.run1(new SumTo(to), x);
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
        return List.of(new TensorSpec(to, in.get(0).dtype()));
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
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        return new Tensor[] {BroadcastTo.of(call.gradOutput(0), call.inputSpec(0).shape())};
    }
}
