package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * max |pred - target| over all masked pixels, [] in float64: what berHu's threshold is a fifth of. Over no pixels 0; NaN if
 * one of them is.
 *
 * <p>Inputs: pred, target and mask as in {@link MaskedLoss}. {@code (pred - target).abs()[mask].max()}, detached.
 */
public record LargestError() implements Op {
    static final TensorSpec RESULT = new TensorSpec(Shape.SCALAR, DType.F64);

    /** The largest error []. */
    public static Tensor of(Tensor pred, Tensor target, Tensor mask) {
        return Dispatcher.run1(new LargestError(), pred.detach(), target, mask);
    }

    @Override
    public String name() {
        return "largest_error";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 3);
        MaskedLoss.checkPixels(name(), in);
        return List.of(RESULT);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] pred = in.get(0).data();
        double[] target = in.get(1).data();
        double[] mask = in.get(2).data();
        double largest = 0;
        for (int i = 0; i < pred.length; i++) {
            largest = mask[i] != 0 ? Math.max(largest, Math.abs(pred[i] - target[i])) : largest;
        }
        out.get(0).data()[0] = largest;
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
        return Differentiability.none("a threshold is a constant to the loss that it is for");
    }
}
