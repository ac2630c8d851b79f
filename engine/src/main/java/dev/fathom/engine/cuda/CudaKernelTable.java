package dev.fathom.engine.cuda;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.errors.MissingKernelException;
import dev.fathom.engine.ops.Op;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which launcher runs which operation. Each family adds its own lines in its {@code register(CudaKernelTable)}. */
public final class CudaKernelTable {
    /** float32 and the two half types: what most kernels are instantiated for. */
    public static final Set<DType> FLOATS = EnumSet.of(DType.F32, DType.F16, DType.BF16);

    /** {@code firstDecides}: only the first input must be of these dtypes. */
    private record Entry(CudaKernel<Op> kernel, Set<DType> floats, boolean firstDecides) {
    }

    private final Map<Class<? extends Op>, Entry> entries = new HashMap<>();
    private final Map<Class<? extends Op>, String> refusals = new HashMap<>();

    /** A launcher for inputs in any mix of float32, float16 and bfloat16 that the operation's infer lets pass. */
    public <O extends Op> void add(Class<O> op, CudaKernel<O> kernel) {
        add(op, FLOATS, kernel);
    }

    /** A launcher for floating-point inputs of these dtypes (masks and indices may be what they are). */
    public <O extends Op> void add(Class<O> op, Set<DType> floats, CudaKernel<O> kernel) {
        put(op, floats, false, kernel);
    }

    /** A launcher for a float32 tensor with float64 statistics beside it; what goes together is checked by infer. */
    public <O extends Op> void addWithStatistics(Class<O> op, CudaKernel<O> kernel) {
        put(op, EnumSet.of(DType.F32), true, kernel);
    }

    private <O extends Op> void put(Class<O> op, Set<DType> floats, boolean firstDecides, CudaKernel<O> kernel) {
        CudaKernel<Op> erased = (cuda, o, in, out) -> kernel.run(cuda, op.cast(o), in, out);
        if (refusals.containsKey(op) || entries.put(op, new Entry(erased, floats, firstDecides)) != null) {
            throw new IllegalStateException("two cuda kernels for " + op.getSimpleName());
        }
    }

    /** Says why an operation has no kernel here; the reason ends the error's sentence. */
    public void refuse(Class<? extends Op> op, String reason) {
        if (entries.containsKey(op) || refusals.put(op, reason) != null) {
            throw new IllegalStateException("two cuda entries for " + op.getSimpleName());
        }
    }

    CudaKernel<Op> find(Op op, List<Tensor> in) {
        Entry entry = entries.get(op.getClass());
        if (entry == null) {
            String reason = refusals.get(op.getClass());
            throw new MissingKernelException(op.name() + ": no cuda kernel"
                    + (reason == null ? "" : ": " + reason) + "; run it on the cpu");
        }
        for (Tensor t : entry.firstDecides ? in.subList(0, 1) : in) {
            if (t.dtype().isFloat() && !entry.floats.contains(t.dtype())) {
                throw new MissingKernelException(op.name() + ": no cuda kernel for "
                        + in.stream().map(x -> x.dtype().torchName()).toList() + "; it takes "
                        + entry.floats.stream().map(DType::torchName).sorted().toList());
            }
        }
        return entry.kernel;
    }

    /** Whether an operation has a kernel: for the coverage test. */
    public boolean has(Class<? extends Op> op) {
        return entries.containsKey(op);
    }

    /** Why an operation has no kernel, or null: for the coverage test. */
    public String refusal(Class<? extends Op> op) {
        return refusals.get(op);
    }
}
