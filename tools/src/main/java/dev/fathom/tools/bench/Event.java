package dev.fathom.tools.bench;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.OpCost;
import java.util.List;

/**
 * One kernel that ran in a pass.
 *
 * @param gradientOf the recorded operation whose gradient it is part of; null in a forward pass
 * @param section that it ran in; null outside of all
 * @param start nanoseconds, {@code end} likewise
 */
record Event(Op op, List<Tensor> in, List<Tensor> out, Op gradientOf, String section,
        long start, long end) {
    List<TensorSpec> inputs() {
        return in.stream().map(TensorSpec::of).toList();
    }

    List<TensorSpec> outputs() {
        return out.stream().map(TensorSpec::of).toList();
    }

    OpCost cost() {
        return op.cost(inputs(), outputs());
    }

    double seconds() {
        return (end - start) * 1e-9;
    }
}
