package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * The sum of x^2 over all elements of x, as a float64 [] whatever x's dtype is: the norm of all gradients is the root
 * of the sum of these. Float64 because a hundred million float32 terms are added, and because a gradient of 1e25 has a
 * norm too.
 *
 * <p>Not finite exactly where x has an infinite or NaN element. {@code torch.linalg.vector_norm(x.double()) ** 2}.
 */
public record SumOfSquares() implements Op {
    /** The sum as a number. */
    public static double of(Tensor x) {
        return Dispatcher.run1(new SumOfSquares(), x).item();
    }

    @Override
    public String name() {
        return "sum_of_squares";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 1);
        InferRules.isFloat(name(), "x", in.get(0));
        return List.of(new TensorSpec(Shape.SCALAR, DType.F64));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double sum = 0;
        for (double x : in.get(0).data()) {
            sum += x * x;
        }
        out.get(0).data()[0] = sum;
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it measures gradients; for a loss multiply x by itself and sum");
    }
}
