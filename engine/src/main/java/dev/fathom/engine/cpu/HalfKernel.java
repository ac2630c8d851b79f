package dev.fathom.engine.cpu;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.cpu.kernels.Halves;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Op;
import java.util.List;

/**
 * A float32 kernel that serves 16-bit tensors too: stored rounded, computed in float32. Inputs are widened into
 * temporaries, the kernel runs on those, outputs (and inputs that it updates) are rounded once. What a GPU does in
 * registers, and for the same results; not a way to be fast.
 *
 * @param kernel for float32
 */
record HalfKernel(Kernel<Op> kernel) implements Kernel<Op> {
    @Override
    public void run(Op op, List<Tensor> in, List<Tensor> out) {
        if (in.stream().noneMatch(HalfKernel::isHalf) && out.stream().noneMatch(HalfKernel::isHalf)) {
            kernel.run(op, in, out);
            return;
        }
        try (MemoryScope scope = MemoryScope.open("float32 of 16-bit tensors")) {
            List<Tensor> wideIn = in.stream().map(HalfKernel::widened).toList();
            List<Tensor> wideOut = out.stream().map(t -> isHalf(t) ? like(t) : t).toList();
            kernel.run(op, wideIn, wideOut);
            for (int i = 0; i < out.size(); i++) {
                rounded(wideOut.get(i), out.get(i));
            }
            for (int i : op.mutates()) {
                rounded(wideIn.get(i), in.get(i));
            }
        }
    }

    static boolean isHalf(Tensor t) {
        return t.dtype() == DType.F16 || t.dtype() == DType.BF16;
    }

    private static Tensor widened(Tensor t) {
        if (!isHalf(t)) {
            return t;
        }
        Tensor wide = like(t);
        Halves.widen(t, wide);
        return wide;
    }

    private static void rounded(Tensor wide, Tensor to) {
        if (isHalf(to)) {
            Halves.round(wide, to);
        }
    }

    private static Tensor like(Tensor half) {
        return Tensor.allocate(new TensorSpec(half.shape(), DType.F32), half.device());
    }
}
