package dev.fathom.engine.cuda;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Op;
import java.util.List;

/** One operation on a GPU: issues the launches that write every element of {@code out}. */
@FunctionalInterface
public interface CudaKernel<O extends Op> {
    void run(CudaDevice cuda, O op, List<Tensor> in, List<Tensor> out);
}
