package dev.fathom.engine.ops;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The same elements in the same order under another shape. A view; the gradient is a reshape back. {@code
 * torch.reshape} of a contiguous tensor.
 *
 * @param to the new shape; same number of elements
 */
public record Reshape(Shape to) implements ViewOp {
    @Override
    public String name() {
        return "reshape";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        in.get(0).shape().reshaped(to.toArray());
        return List.of(new TensorSpec(to, in.get(0).dtype()));
    }

    @Override
    public Tensor view(Tensor in) {
        return in.view(0, to);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        System.arraycopy(in.get(0).data(), 0, out.get(0).data(), 0, in.get(0).data().length);
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
        return new Tensor[] {call.gradOutput(0).reshape(call.inputSpec(0).shape())};
    }
}
