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
 * Matrix product over the last two axes: y[..,m,n] = sum over k of A[..,m,k] B[..,k,n], where A is {@code a} or its transpose and B is {@code b}
 * or its transpose. Leading axes are equal, or one side has none and is used for all. {@code torch.matmul}.
 *
 * <p>Numerics: sums in float32 in an order that depends on the shape alone. Gradient: two products of the same kind,
 * dA = dY Bᵀ and dB = Aᵀ dY, transposed where the argument was, summed over the leading axes of a side that had none.
 *
 * @param transposeA {@code a} is [..,k,m]
 * @param transposeB {@code b} is [..,n,k]
 */
public record MatMul(boolean transposeA, boolean transposeB) implements Op {
    public static Tensor of(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
        return Dispatcher.run1(new MatMul(transposeA, transposeB), a, b);
    }

    public static Tensor of(Tensor a, Tensor b) {
        return of(a, false, b, false);
    }

    @Override
    public String name() {
        return "matmul";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 2);
        TensorSpec a = in.get(0);
        TensorSpec b = in.get(1);
        InferRules.isFloat(name(), "a", a);
        InferRules.sameDType(name(), "a", a, "b", b);
        if (a.rank() < 2 || b.rank() < 2) {
            throw new ShapeException("matmul: a" + a.shape() + " and b" + b.shape() + " need at least two axes each");
        }
        int k = a.dim(transposeA ? -2 : -1);
        int kb = b.dim(transposeB ? -1 : -2);
        if (k != kb) {
            throw new ShapeException("matmul: a" + a.shape() + (transposeA ? "ᵀ" : "") + " sums over " + k + " but b" + b.shape()
                    + (transposeB ? "ᵀ" : "") + " over " + kb);
        }
        Shape leading = a.rank() == 2 ? b.shape() : a.shape();
        if (a.rank() > 2 && b.rank() > 2 && !a.shape().leading(a.rank() - 2).equals(b.shape().leading(b.rank() - 2))) {
            throw new ShapeException("matmul: the leading axes of a" + a.shape() + " and b" + b.shape()
                    + " must be equal, or one side must have none");
        }
        int m = a.dim(transposeA ? -1 : -2);
        int n = b.dim(transposeB ? -2 : -1);
        return List.of(new TensorSpec(leading.leading(leading.rank() - 2, m, n), a.dtype()));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        NdArray a = in.get(0);
        NdArray b = in.get(1);
        NdArray y = out.get(0);
        int m = y.dim(-2);
        int n = y.dim(-1);
        int k = a.dim(transposeA ? -2 : -1);
        int batches = (int) y.shape().product(0, y.shape().rank() - 2);
        for (int batch = 0; batch < batches; batch++) {
            int atA = a.shape().rank() == 2 ? 0 : batch * m * k;
            int atB = b.shape().rank() == 2 ? 0 : batch * k * n;
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += a.data()[atA + (transposeA ? p * m + i : i * k + p)] * b.data()[atB + (transposeB ? j * k + p : p * n + j)];
                    }
                    y.data()[(batch * m + i) * n + j] = sum;
                }
            }
        }
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return Saves.inputs(0, 1);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        Tensor dy = call.gradOutput(0);
        return new Tensor[] {
            call.needs(0) ? gradA(dy, call.input(1), call.inputSpec(0).shape()) : null,
            call.needs(1) ? gradB(call.input(0), dy, call.inputSpec(1).shape()) : null,
        };
    }

    private Tensor gradA(Tensor dy, Tensor b, Shape shape) {
        if (shape.rank() == 2 && dy.rank() > 2) {
            return SumTo.of(transposeA ? of(b, transposeB, dy, true) : of(dy, false, b, !transposeB), onesThen(shape, dy.rank())).reshape(shape);
        }
        return transposeA ? of(b, transposeB, dy, true) : of(dy, false, b, !transposeB);
    }

    private Tensor gradB(Tensor a, Tensor dy, Shape shape) {
        if (shape.rank() == 2 && dy.rank() > 2) {
            if (!transposeA) {
                // One long product instead of many short ones and a sum: rows of all batches belong to one matrix.
                Tensor flatA = a.reshape(-1, a.dim(-1));
                Tensor flatDy = dy.reshape(-1, dy.dim(-1));
                return transposeB ? of(flatDy, true, flatA, false) : of(flatA, true, flatDy, false);
            }
            return SumTo.of(transposeB ? of(dy, true, a, true) : of(a, false, dy, false), onesThen(shape, dy.rank())).reshape(shape);
        }
        return transposeB ? of(dy, true, a, transposeA) : of(a, !transposeA, dy, false);
    }

    private static Shape onesThen(Shape matrix, int rank) {
        int[] dims = new int[rank];
        java.util.Arrays.fill(dims, 1);
        dims[rank - 2] = matrix.dim(0);
        dims[rank - 1] = matrix.dim(1);
        return Shape.of(dims);
    }
}
