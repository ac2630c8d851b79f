package dev.fathom.engine.dispatch;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Op;
import java.util.List;

/** Sees every kernel after it ran. Called on the thread that ran it. */
@FunctionalInterface
public interface DispatchListener {
    void ran(Op op, List<Tensor> in, List<Tensor> out, long nanos);

    /**
     * An operation is next, on these arguments as mixed precision left them. No {@link #ran} follows where there is no
     * kernel to run: for a view, and for what the second run of a checkpoint leaves out.
     */
    default void begins(Op op, List<Tensor> in) {
    }

    /**
     * From now on kernels compute the gradient of this recorded operation, the very object that ran before; null at the
     * end of a backward pass.
     */
    default void gradientOf(Op op) {
    }
}
