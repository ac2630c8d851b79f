package dev.fathom.engine.cpu.kernels;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.cpu.KernelTable;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.cpu.kernels.GemmOperands.Matrix;
import dev.fathom.engine.cpu.kernels.GemmOutput.Activation;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.LinearResidual;
import dev.fathom.engine.ops.MatMul;
import java.util.List;

/** Matrix products of tensors, all by {@link Gemm}. */
public final class ProductKernels {
    /** Products of a batch with fewer multiply-adds than this run one a thread, larger ones one after the other. */
    private static final long SMALL = 1 << 22;

    private ProductKernels() {
    }

    public static void register(KernelTable table) {
        table.add(MatMul.class, ProductKernels::matMul);
        table.add(Linear.class, ProductKernels::linear);
        table.add(LinearResidual.class, ProductKernels::linearResidual);
    }

    private static void linear(Linear op, List<Tensor> in, List<Tensor> out) {
        Tensor x = in.get(0);
        Tensor weight = in.get(1);
        Tensor y = out.get(0);
        GemmOutput to = GemmOutput.to(y.segment(), 0, (long) weight.dim(0) * Float.BYTES)
            .withBias(op.bias() ? in.get(2).segment() : null, 0)
            .withActivation(op.activation() == Linear.Activation.GELU ? Activation.GELU : Activation.NONE,
                op.keepPreactivation() ? out.get(1).segment() : null);
        transposed(x, weight, to);
    }

    private static void linearResidual(LinearResidual op, List<Tensor> in, List<Tensor> out) {
        Tensor weight = in.get(1);
        GemmOutput to = GemmOutput.to(out.get(0).segment(), 0, (long) weight.dim(0) * Float.BYTES)
            .withBias(op.bias() ? in.get(4).segment() : null, 0)
            .withScale(in.get(2).segment())
            .withResidual(in.get(3).segment(), null);
        transposed(in.get(0), weight, to);
    }

    /** x Wᵀ over the last axis of x. */
    private static void transposed(Tensor x, Tensor weight, GemmOutput to) {
        int inputs = weight.dim(1);
        int rows = Math.toIntExact(x.shape().product(0, x.rank() - 1));
        Gemm.run(Matrix.dense(x.segment(), 0, inputs).asRows(),
            Matrix.dense(weight.segment(), 0, inputs).asPanelsTransposed(), rows, weight.dim(0), inputs, to);
    }

    private static void matMul(MatMul op, List<Tensor> in, List<Tensor> out) {
        Tensor a = in.get(0);
        Tensor b = in.get(1);
        Tensor y = out.get(0);
        int m = y.dim(-2);
        int n = y.dim(-1);
        int k = a.dim(op.transposeA() ? -2 : -1);
        int matrices = Math.toIntExact(y.shape().product(0, y.rank() - 2));
        if (b.shape().product(0, b.rank() - 2) == 1 && !op.transposeA()) {
            // One B for all: the rows of all batches are one matrix.
            multiply(op, a, 0, b, 0, y, 0, m * matrices, n, k);
            return;
        }
        int[] matrixOfA = MatMul.matrices(a.shape(), y.shape());
        int[] matrixOfB = MatMul.matrices(b.shape(), y.shape());
        WorkPool.Task one = i -> multiply(op, a, matrixOfA[i] * (long) m * k, b, matrixOfB[i] * (long) k * n,
            y, i * (long) m * n, m, n, k);
        if ((long) m * n * k < SMALL) {
            WorkPool.shared().run(matrices, one);
        } else {
            for (int i = 0; i < matrices; i++) {
                one.run(i);
            }
        }
    }

    /** One product; offsets in elements. */
    private static void multiply(MatMul op, Tensor a, long atA, Tensor b, long atB, Tensor y, long atY,
                                 int m, int n, int k) {
        Matrix left = Matrix.dense(a.segment(), atA * Float.BYTES, op.transposeA() ? m : k);
        Matrix right = Matrix.dense(b.segment(), atB * Float.BYTES, op.transposeB() ? k : n);
        Gemm.run(op.transposeA() ? left.asRowsTransposed() : left.asRows(),
            op.transposeB() ? right.asPanelsTransposed() : right.asPanels(),
            m, n, k, GemmOutput.to(y.segment(), atY * Float.BYTES, (long) n * Float.BYTES));
    }
}
