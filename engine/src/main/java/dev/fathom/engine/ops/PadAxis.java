package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * The input between zeros along one axis: the gradient of taking a range ({@link Slice}, {@link Narrow}).
 * {@code torch.nn.functional.pad} of one axis.
 *
 * @param axis the axis, in [0, rank)
 * @param before how many zeros come first
 * @param after how many come last
 */
public record PadAxis(int axis, int before, int after) implements Op {
    @Override
    public String name() {
        return "pad_axis";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        TensorSpec x = in.get(0);
        if (axis < 0 || axis >= x.rank() || before < 0 || after < 0) {
            throw new ShapeException("pad_axis: axis " + axis + " with " + before + " before and " + after
                    + " after for x" + x.shape());
        }
        return List.of(new TensorSpec(x.shape().with(axis, x.dim(axis) + before + after), x.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray x = in.get(0);
        double[] y = out.get(0).data();
        Arrays.fill(y, 0);
        int outer = (int) x.shape().product(0, axis);
        int inner = (int) x.shape().product(axis + 1, x.shape().rank());
        int n = x.dim(axis);
        for (int o = 0; o < outer; o++) {
            System.arraycopy(x.data(), o * n * inner, y, (o * (n + before + after) + before) * inner, n * inner);
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
        return new Tensor[] {Dispatcher.run1(new Slice(axis, before, call.inputSpec(0).dim(axis)), call.gradOutput(0))};
    }
}
