package dev.fathom.engine.cpu;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.dispatch.Kernel;
import dev.fathom.engine.ops.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which kernel runs which operation. Each kernel family adds its own lines in its {@code register(KernelTable)}. */
public final class KernelTable {
    /** {@code firstDecides}: only the first input must be of the dtype. */
    private record Entry(Kernel<Op> kernel, DType dtype, boolean firstDecides) {
    }

    private final Map<Class<? extends Op>, Entry> entries = new HashMap<>();

    /**
     * A kernel for float32: every floating-point tensor that it sees is float32 (masks and indices may be what they
     * are). 16-bit tensors reach it by way of {@link HalfKernel}.
     */
    public <O extends Op> void add(Class<O> op, Kernel<O> kernel) {
        put(op, new HalfKernel(erased(op, kernel)), DType.F32, false);
    }

    /** A kernel for a float32 tensor with float64 statistics beside it; what goes together is checked by infer. */
    public <O extends Op> void addWithStatistics(Class<O> op, Kernel<O> kernel) {
        put(op, erased(op, kernel), DType.F32, true);
    }

    /** A kernel that looks at the dtypes itself (casts, copies). */
    public <O extends Op> void addAnyDType(Class<O> op, Kernel<O> kernel) {
        put(op, erased(op, kernel), null, false);
    }

    private static <O extends Op> Kernel<Op> erased(Class<O> op, Kernel<O> kernel) {
        return (o, in, out) -> kernel.run(op.cast(o), in, out);
    }

    private void put(Class<? extends Op> op, Kernel<Op> kernel, DType dtype, boolean firstDecides) {
        if (entries.put(op, new Entry(kernel, dtype, firstDecides)) != null) {
            throw new IllegalStateException("two cpu kernels for " + op.getSimpleName());
        }
    }

    /** The kernel, or null if this operation has none for these inputs. */
    Kernel<Op> find(Op op, List<Tensor> in) {
        Entry entry = entries.get(op.getClass());
        if (entry == null) {
            return null;
        }
        if (entry.dtype != null) {
            for (Tensor t : entry.firstDecides ? in.subList(0, 1) : in) {
                if (t.dtype().isFloat() && t.dtype() != entry.dtype && !HalfKernel.isHalf(t)) {
                    return null;
                }
            }
        }
        return entry.kernel;
    }

    /** Whether an operation has a kernel at all: for the coverage test. */
    public boolean has(Class<? extends Op> op) {
        return entries.containsKey(op);
    }
}
