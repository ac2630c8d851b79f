package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.CastRule;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * Matrix product over the last two axes: y[..,m,n] = sum over k of A[..,m,k] B[..,k,n], where A is {@code a} or its
 * transpose and B is {@code b} or its transpose. Leading axes broadcast: aligned at the last, equal or 1 or missing.
 * {@code torch.matmul} for arguments of at least two axes.
 *
 * <p>Numerics: sums in float32 in an order that depends on the shape alone. Gradient: two products of the same kind,
 * dA = dY Bᵀ and dB = Aᵀ dY, transposed where the argument was, summed over the leading axes that were broadcast.
 *
 * @param transposeA {@code a} is [..,k,m]
 * @param transposeB {@code b} is [..,n,k]
 * @param wide whether y of 16-bit a and b is float32, as the gradient of a float32 master weight is; of others it always
 * has their dtype
 */
public record MatMul(boolean transposeA, boolean transposeB, boolean wide) implements Op {
    /** A product in its arguments' own dtype. */
    public MatMul(boolean transposeA, boolean transposeB) {
        this(transposeA, transposeB, false);
    }

    public static Tensor of(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
        return Dispatcher.run1(new MatMul(transposeA, transposeB), a, b);
    }

    /** aᵀ b, float32 also of 16-bit arguments: the gradient of a weight from rows dy [n,O] and x [n,I]. */
    public static Tensor weightGradient(Tensor a, Tensor b) {
        return Dispatcher.run1(new MatMul(true, false, true), a, b);
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
            throw new ShapeException("matmul: a" + a.shape() + (transposeA ? "ᵀ" : "") + " sums over " + k
                    + " but b" + b.shape() + (transposeB ? "ᵀ" : "") + " over " + kb);
        }
        Shape leading = Shape.broadcast(name(), a.shape().leading(a.rank() - 2), b.shape().leading(b.rank() - 2));
        int m = a.dim(transposeA ? -1 : -2);
        int n = b.dim(transposeB ? -2 : -1);
        DType dtype = wide ? InferRules.wide(a.dtype()) : a.dtype();
        return List.of(new TensorSpec(leading.leading(leading.rank(), m, n), dtype));
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
        int[] matrixOfA = matrices(a.shape(), y.shape());
        int[] matrixOfB = matrices(b.shape(), y.shape());
        for (int batch = 0; batch < batches; batch++) {
            int atA = matrixOfA[batch] * m * k;
            int atB = matrixOfB[batch] * k * n;
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum += a.data()[atA + (transposeA ? p * m + i : i * k + p)]
                                * b.data()[atB + (transposeB ? j * k + p : p * n + j)];
                    }
                    y.data()[(batch * m + i) * n + j] = sum;
                }
            }
        }
    }

    @Override
    public CastRule castRule() {
        return CastRule.half(0, 1);
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.products(out.get(0).shape().numel() * in.get(0).dim(transposeA ? -2 : -1), in, out);
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
        Tensor dy = Cast.of(call.wideGradOutput(0), call.inputSpec(0).dtype());
        return new Tensor[] {
            call.needs(0) ? gradA(dy, call.input(1), call.inputSpec(0).shape()) : null,
            call.needs(1) ? gradB(call.input(0), dy, call.inputSpec(1).shape()) : null,
        };
    }

    private Tensor gradA(Tensor dy, Tensor b, Shape shape) {
        return unbroadcast(transposeA ? of(b, transposeB, dy, true) : of(dy, false, b, !transposeB), shape);
    }

    private Tensor gradB(Tensor a, Tensor dy, Shape shape) {
        if (shape.rank() == 2 && dy.rank() == a.rank() && !transposeA) {
            // One long product instead of many short ones and a sum: rows of all batches belong to one matrix.
            int rows = Math.toIntExact(a.shape().product(0, a.rank() - 1));
            Tensor flatA = a.reshape(rows, a.dim(-1));
            Tensor flatDy = dy.reshape(rows, dy.dim(-1));
            return transposeB ? of(flatDy, true, flatA, false) : of(flatA, true, flatDy, false);
        }
        return unbroadcast(transposeB ? of(dy, true, a, transposeA) : of(a, !transposeA, dy, false), shape);
    }

    /** The sum over the leading axes along which an argument of this shape was broadcast. */
    private static Tensor unbroadcast(Tensor gradient, Shape shape) {
        int[] kept = new int[gradient.rank()];
        Arrays.fill(kept, 1);
        System.arraycopy(shape.toArray(), 0, kept, kept.length - shape.rank(), shape.rank());
        return SumTo.of(gradient, Shape.of(kept)).reshape(shape);
    }

    /**
     * For each matrix of a product of shape {@code y}, counted over its leading axes, which matrix of an argument of
     * shape {@code from} it is made of.
     */
    public static int[] matrices(Shape from, Shape y) {
        Shape leading = y.leading(y.rank() - 2);
        int[] strides = Binary.broadcastStrides(from.leading(from.rank() - 2), leading);
        int[] matrices = new int[Math.toIntExact(leading.numel())];
        for (int i = 0; i < matrices.length; i++) {
            int rest = i;
            for (int axis = leading.rank() - 1; axis >= 0; axis--) {
                matrices[i] += rest % leading.dim(axis) * strides[axis];
                rest /= leading.dim(axis);
            }
        }
        return matrices;
    }
}
