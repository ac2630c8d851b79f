package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.cuda.CudaDevice;
import dev.fathom.engine.cuda.CudaKernelTable;
import dev.fathom.engine.cuda.kernels.Product.Function;
import dev.fathom.engine.cuda.kernels.Product.Tail;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.LinearResidual;
import dev.fathom.engine.ops.MatMul;
import java.util.List;

/** Matrix products of tensors, on one of two {@linkplain Route routes}. */
public final class ProductLaunchers {
    private ProductLaunchers() {
    }

    public static void register(CudaKernelTable table) {
        table.add(Linear.class, ProductLaunchers::linear);
        table.add(LinearResidual.class, ProductLaunchers::linearResidual);
        table.add(MatMul.class, ProductLaunchers::matMul);
    }

    /** A product by whoever the rule says. */
    static void run(CudaDevice cuda, Product p) {
        boolean followed = !p.tail().equals(Tail.NONE);
        if (Route.library(p.type(), followed, p.macs(), p.k()) && LibraryProducts.fits(p)) {
            LibraryProducts.run(cuda, p);
        } else {
            OwnProducts.run(cuda, p);
        }
    }

    /** x [..,I] by weight [O,I] transposed, to y [..,O]. */
    private static Product rows(Tensor x, Tensor weight, Tensor y) {
        int count = Math.toIntExact(x.shape().product(0, x.rank() - 1));
        return Product.single(x.dtype(), count, weight.dim(0), weight.dim(1), x.address(), false,
                weight.address(), true, y.address(), wide(x, y));
    }

    private static boolean wide(Tensor x, Tensor y) {
        return y.dtype() == DType.F32 && x.dtype() != DType.F32;
    }

    private static void linear(CudaDevice cuda, Linear op, List<Tensor> in, List<Tensor> out) {
        Function function = op.activation() == Linear.Activation.GELU ? Function.GELU : Function.LINEAR;
        run(cuda, rows(in.get(0), in.get(1), out.get(0)).followedBy(new Tail(op.bias() ? in.get(2).address() : 0, 0, 0,
                op.keepPreactivation() ? out.get(1).address() : 0, function)));
    }

    private static void linearResidual(CudaDevice cuda, LinearResidual op, List<Tensor> in, List<Tensor> out) {
        run(cuda, rows(in.get(0), in.get(1), out.get(0)).followedBy(new Tail(op.bias() ? in.get(4).address() : 0,
                in.get(2).address(), in.get(3).address(), 0, Function.LINEAR)));
    }

    private static void matMul(CudaDevice cuda, MatMul op, List<Tensor> in, List<Tensor> out) {
        Tensor a = in.get(0);
        Tensor b = in.get(1);
        Tensor y = out.get(0);
        int m = y.dim(-2);
        int n = y.dim(-1);
        int k = a.dim(op.transposeA() ? -2 : -1);
        int matrices = Math.toIntExact(y.shape().product(0, y.rank() - 2));
        if (b.shape().product(0, b.rank() - 2) == 1 && !op.transposeA()) {
            // One B for all: the rows of all batches are one matrix.
            run(cuda, Product.single(a.dtype(), Math.multiplyExact(m, matrices), n, k, a.address(), false, b.address(),
                    op.transposeB(), y.address(), wide(a, y)));
            return;
        }
        int[] matrixOfA = MatMul.matrices(a.shape(), y.shape());
        int[] matrixOfB = MatMul.matrices(b.shape(), y.shape());
        int size = a.dtype().bytes();
        for (int first = 0; first < matrices;) {
            int count = evenlySpaced(matrixOfA, matrixOfB, first);
            long stepA = count == 1 ? 0 : matrixOfA[first + 1] - matrixOfA[first];
            long stepB = count == 1 ? 0 : matrixOfB[first + 1] - matrixOfB[first];
            run(cuda, new Product(a.dtype(), m, n, k, op.transposeA(), op.transposeB(), count,
                    a.address() + (long) matrixOfA[first] * m * k * size, stepA * m * k,
                    b.address() + (long) matrixOfB[first] * k * n * size, stepB * k * n,
                    y.address() + (long) first * m * n * y.dtype().bytes(), wide(a, y), Tail.NONE));
            first += count;
        }
    }

    /** How many products from {@code first} on have operands at even distances: what one call takes. */
    static int evenlySpaced(int[] a, int[] b, int first) {
        int end = first + 1;
        while (end < a.length && a[end] >= a[end - 1] && b[end] >= b[end - 1]
                && (end == first + 1 || a[end] - a[end - 1] == a[first + 1] - a[first]
                && b[end] - b[end - 1] == b[first + 1] - b[first])) {
            end++;
        }
        return end - first;
    }
}
