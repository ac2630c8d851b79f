package dev.fathom.engine.dispatch;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Op;
import java.util.List;

/** A set of kernels for one device. */
public interface Backend {
    Device device();

    /**
     * The kernel for an operation on inputs of these dtypes.
     *
     * @throws dev.fathom.engine.errors.MissingKernelException naming operation, dtypes and device
     */
    Kernel<Op> kernel(Op op, List<Tensor> in);
}
