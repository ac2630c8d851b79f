package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * Entries [start, start + length) of the first axis. A view. {@code x.narrow(0, start, length)} in PyTorch.
 *
 * <p>Gradient: dy between zeros ({@link PadAxis} on axis 0).
 */
public record Narrow(int start, int length) implements ViewOp {
    @Override
    public String name() {
        return "narrow";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        TensorSpec x = in.get(0);
        if (x.rank() == 0 || start < 0 || length < 0 || start + length > x.dim(0)) {
            throw new ShapeException("narrow: entries [" + start + ", " + (start + length)
                    + ") leave the first axis of " + x.shape());
        }
        return List.of(new TensorSpec(x.shape().with(0, length), x.dtype()));
    }

    @Override
    public Tensor view(Tensor in) {
        return in.view(start * in.shape().product(1, in.rank()), in.shape().with(0, length));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        int row = Math.toIntExact(in.get(0).shape().product(1, in.get(0).shape().rank()));
        System.arraycopy(in.get(0).data(), start * row, out.get(0).data(), 0, length * row);
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.NOTHING;
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        int extent = call.inputSpec(0).dim(0);
        return new Tensor[] {Dispatcher.run1(new PadAxis(0, start, extent - start - length), call.gradOutput(0))};
    }
}
