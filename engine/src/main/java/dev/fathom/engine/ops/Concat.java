package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * Tensors one after another along an axis; all other extents equal. {@code torch.cat}. Gradient: each input's range of
 * dy ({@link Slice}).
 *
 * @param axis the axis, in [0, rank)
 */
public record Concat(int axis) implements Op {
    public static Tensor of(int axis, Tensor... parts) {
        return Dispatcher.run1(new Concat(axis), parts);
    }

    @Override
    public String name() {
        return "concat";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        TensorSpec first = in.get(0);
        if (axis < 0 || axis >= first.rank()) {
            throw new ShapeException("concat: axis " + axis + " is out of range for " + first.shape());
        }
        int extent = 0;
        for (TensorSpec x : in) {
            InferRules.isFloat(name(), "x", x);
            InferRules.sameDType(name(), "first", first, "another", x);
            if (x.rank() != first.rank() || !x.shape().with(axis, 0).equals(first.shape().with(axis, 0))) {
                throw new ShapeException("concat: " + x.shape() + " and " + first.shape() + " differ outside axis "
                        + axis);
            }
            extent += x.dim(axis);
        }
        return List.of(new TensorSpec(first.shape().with(axis, extent), first.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray y = out.get(0);
        int outer = (int) y.shape().product(0, axis);
        int inner = (int) y.shape().product(axis + 1, y.shape().rank());
        int start = 0;
        for (NdArray x : in) {
            int run = x.dim(axis) * inner;
            for (int o = 0; o < outer; o++) {
                System.arraycopy(x.data(), o * run, y.data(), (o * y.dim(axis) + start) * inner, run);
            }
            start += x.dim(axis);
        }
    }

    @Override
    public CastRule castRule() {
        return CastRule.WIDEST;
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
        Tensor dy = call.gradOutput(0);
        int start = 0;
        Tensor[] grads = new Tensor[call.inputs()];
        for (int i = 0; i < grads.length; i++) {
            int length = call.inputSpec(i).dim(axis);
            if (call.needs(i)) {
                grads[i] = Slice.of(dy, axis, start, length);
            }
            start += length;
        }
        return grads;
    }
}
