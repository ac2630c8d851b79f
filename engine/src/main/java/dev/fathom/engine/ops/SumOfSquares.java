package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * [sum of x^2 over the finite elements, number of elements that are infinite or NaN] of all inputs together, as a float64
 * [2] whatever their dtypes are: the norm of all gradients is the root of the first, and whether a step of mixed
 * precision may be used is whether the second is 0. One call for all gradients, because a device is asked once and
 * answers once.
 *
 * <p>Inputs: at least one tensor of any shape and floating-point dtype each.
 *
 * <p>Numerics: float64, because a hundred million float32 terms are added and because a gradient of 1e25 has a norm too.
 * Non-finite elements are counted and left out of the sum, so that both numbers always mean something.
 *
 * <p>{@code torch.linalg.vector_norm(x.double()) ** 2} and {@code torch.isfinite(x).logical_not().sum()}; together what
 * {@code torch._amp_foreach_non_finite_check_and_unscale_} and {@code torch.nn.utils.get_total_norm} look for.
 */
public record SumOfSquares() implements Op {
    /**
     * Both numbers on the host.
     *
     * @param squares the sum over finite elements
     * @param nonFinite the number of elements that are not
     */
    public record Result(double squares, long nonFinite) {
        /** The Euclidean norm; NaN if an element is not finite. */
        public double norm() {
            return nonFinite == 0 ? Math.sqrt(squares) : Double.NaN;
        }
    }

    /** Of all these tensors together, in this order. */
    public static Result of(List<Tensor> tensors) {
        double[] both = Dispatcher.run1(new SumOfSquares(), tensors.toArray(Tensor[]::new)).toDoubles();
        return new Result(both[0], (long) both[1]);
    }

    @Override
    public String name() {
        return "sum_of_squares";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        for (int i = 0; i < in.size(); i++) {
            InferRules.isFloat(name(), "x" + i, in.get(i));
        }
        return List.of(new TensorSpec(Shape.of(2), DType.F64));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] y = out.get(0).data();
        for (NdArray tensor : in) {
            for (double x : tensor.data()) {
                if (Double.isFinite(x)) {
                    y[0] += x * x;
                } else {
                    y[1]++;
                }
            }
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it measures gradients; for a loss multiply x by itself and sum");
    }
}
