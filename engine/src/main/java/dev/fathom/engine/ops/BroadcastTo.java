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
 * The input repeated along axes where it has extent 1 or that it lacks, written out densely. {@code Tensor.expand}.
 * Gradient: {@link SumTo}.
 *
 * @param to the shape to fill
 */
public record BroadcastTo(Shape to) implements Op {
    /** The input itself when it has that shape already. */
    public static Tensor of(Tensor x, Shape to) {
        return x.shape().equals(to) ? x : Dispatcher.run1(new BroadcastTo(to), x);
    }

    @Override
    public String name() {
        return "broadcast_to";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        if (!Shape.broadcast(name(), in.get(0).shape(), to).equals(to)) {
            throw new ShapeException("broadcast_to: x" + in.get(0).shape() + " does not broadcast to " + to);
        }
        return List.of(new TensorSpec(to, in.get(0).dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] y = out.get(0).data();
        int[] strides = Binary.broadcastStrides(in.get(0).shape(), to);
        for (int i = 0; i < y.length; i++) {
            int flat = i;
            int index = 0;
            for (int axis = to.rank() - 1; axis >= 0; axis--) {
                index += flat % to.dim(axis) * strides[axis];
                flat /= to.dim(axis);
            }
            y[i] = in.get(0).data()[index];
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
    public Tensor[] backward(BackwardCall call) {
        return new Tensor[] {SumTo.of(call.gradOutput(0), call.inputSpec(0).shape())};
    }
}
