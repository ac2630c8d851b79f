package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * A range of one axis, copied out densely: dropping the cls token, taking one of q, k, v. {@code
 * torch.narrow(...).contiguous()}. Gradient: {@link PadAxis}.
 *
 * @param axis the axis, in [0, rank)
 * @param start first entry
 * @param length number of entries
 */
public record Slice(int axis, int start, int length) implements Op {
    public static Tensor of(Tensor x, int axis, int start, int length) {
        return Dispatcher.run1(new Slice(axis, start, length), x);
    }

    @Override
    public String name() {
        return "slice";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        TensorSpec x = in.get(0);
        if (axis < 0 || axis >= x.rank() || start < 0 || length < 0 || start + length > x.dim(axis)) {
            throw new ShapeException("slice: entries [" + start + ", " + (start + length) + ") leave axis " + axis
                    + " of x" + x.shape());
        }
        return List.of(new TensorSpec(x.shape().with(axis, length), x.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        int outer = (int) x.shape().product(0, axis);
        int inner = (int) x.shape().product(axis + 1, x.shape().rank());
        for (int o = 0; o < outer; o++) {
            System.arraycopy(x.data(), (o * x.dim(axis) + start) * inner, out.get(0).data(), o * length * inner,
                    length * inner);
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        // What is cut off is not read.
        return OpCost.streaming(out, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        int extent = call.inputSpec(0).dim(axis);
        return new Tensor[] {Dispatcher.run1(new PadAxis(axis, start, extent - start - length), call.gradOutput(0))};
    }
}
