package dev.fathom.training.nan;

import dev.fathom.engine.debug.CheckedOp;
import dev.fathom.engine.debug.OpChecker;
import dev.fathom.engine.debug.ValueRange;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.ParameterSet;
import dev.fathom.training.data.Batch;
import dev.fathom.training.nan.Finding.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Finds where a step stopped being finite: runs it again, same weights, same batch, same loss scale, with every
 * operation's results looked at, forward and backward.
 */
public final class NanDetective {
    private NanDetective() {
    }

    /**
     * Runs a step again and says where its first value arose that is not finite. Weights and buffers are afterwards as
     * they were.
     *
     * @param parameters of the model
     * @param batch of the step
     * @param step forward, loss and backward, on this thread and without a captured graph; nothing of it is kept
     */
    public static Finding examine(ParameterSet parameters, Batch batch, Runnable step) {
        return conclude(parameters, batch, scoped(parameters, () ->
                OpChecker.firstNonFinite(parameters.namesByTensor(), step)));
    }

    /**
     * The same, with a description of every operation on the way.
     *
     * @param each hears of the operations in order, also of those after the first that was not finite
     */
    public static Finding examine(ParameterSet parameters, Batch batch, Consumer<CheckedOp> each, Runnable step) {
        return conclude(parameters, batch, scoped(parameters, () ->
                OpChecker.describe(parameters.namesByTensor(), each, step)));
    }

    /** What a look has found. */
    @FunctionalInterface
    private interface Look {
        Optional<CheckedOp> run();
    }

    private static Optional<CheckedOp> scoped(ParameterSet parameters, Look look) {
        Buffers buffers = Buffers.of(parameters);
        try (MemoryScope scope = MemoryScope.open("examination")) {
            return look.run();
        } finally {
            buffers.restore();
        }
    }

    private static Finding conclude(ParameterSet parameters, Batch batch, Optional<CheckedOp> first) {
        List<Weight> broken = new ArrayList<>();
        Weight largest = null;
        for (Parameter p : parameters.all()) {
            Weight weight = new Weight(p.name(), ValueRange.of(p.tensor()));
            if (!weight.range().isFinite()) {
                broken.add(weight);
            }
            if (largest == null || weight.range().largest() > largest.range().largest()) {
                largest = weight;
            }
        }
        return new Finding(first.orElse(null), List.copyOf(broken), largest, BatchCheck.notFinite(batch), batch.names());
    }
}
