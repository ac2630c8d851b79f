package dev.fathom.engine.dispatch;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Op;
import java.util.List;

/** One operation on one backend. The dispatcher has checked shapes, dtypes and liveness, and allocated {@code out}. */
@FunctionalInterface
public interface Kernel<O extends Op> {
    /**
     * Writes every element of every output; touches inputs only where the operation {@linkplain Op#mutates() says so}.
     */
    void run(O op, List<Tensor> in, List<Tensor> out);
}
