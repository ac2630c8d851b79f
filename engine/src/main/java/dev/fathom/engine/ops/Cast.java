package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.DTypeException;
import dev.fathom.engine.numeric.HalfFloats;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The same values in another floating-point dtype, each rounded once to nearest, ties to even; too large becomes
 * infinite, NaN stays NaN ({@link HalfFloats}). {@code x.to(dtype)}.
 *
 * <p>Gradient: dy in x's dtype, as if the cast were exact. A dy that arrives in x's dtype, as the gradient of a weight that
 * was cast for a product does, passes as it is.
 *
 * @param to float64, float32, float16 or bfloat16
 */
public record Cast(DType to) implements Op {
    /** The input itself if it has that dtype already. */
    public static Tensor of(Tensor x, DType to) {
        return x.dtype() == to ? x : Dispatcher.run1(new Cast(to), x);
    }

    @Override
    public String name() {
        return "cast";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        if (!to.isFloat()) {
            throw new DTypeException("cast: the dtype asked for is " + to
                    + ", but only floating-point ones can be cast to");
        }
        return List.of(new TensorSpec(in.get(0).shape(), to));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] y = out.get(0).data();
        for (int i = 0; i < y.length; i++) {
            y[i] = switch (to) {
                case F64 -> x[i];
                case F32 -> (float) x[i];
                case F16 -> HalfFloats.fromFloat16(HalfFloats.toFloat16(x[i]));
                case BF16 -> HalfFloats.fromBfloat16(HalfFloats.toBfloat16(x[i]));
                default -> throw new IllegalStateException("infer lets no " + to + " pass");
            };
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
        return new Tensor[] {of(call.wideGradOutput(0), call.inputSpec(0).dtype())};
    }
}
