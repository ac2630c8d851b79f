package dev.fathom.engine.debug;

import java.util.List;
import java.util.stream.Stream;

/**
 * One operation of a pass that was looked at.
 *
 * @param number in the pass, from 1
 * @param phase what it was part of
 * @param module where it belongs, as {@link ModuleTrace} says: {@code blocks.3.attn}
 * @param op its name: {@code attention}
 * @param gradientOf the name of the operation whose gradient it is part of; null in a forward pass
 * @param inputs as it found them; what it updates in place as it was before
 * @param outputs as it left them; what it updates in place after its results
 */
public record CheckedOp(int number, Phase phase, String module, String op, String gradientOf, List<Value> inputs,
        List<Value> outputs) {
    /** What an operation was part of. */
    public enum Phase {
        /** From the picture to the prediction. */
        FORWARD("forward"),
        /** From the prediction to the loss. */
        LOSS("loss"),
        /** Gradients. */
        BACKWARD("backward"),
        /** What activation checkpointing computes a second time for its gradient. */
        RECOMPUTE("backward, recomputing");

        private final String words;

        Phase(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * An argument or a result.
     *
     * @param parameter the name of the parameter that it is, or is the cast of; null for any other
     * @param brokenRows the indices of the first axis under which not all is finite: of activations, the samples
     */
    public record Value(String parameter, ValueRange range, List<Integer> brokenRows) {
        @Override
        public String toString() {
            return (parameter == null ? "" : parameter + " ") + range;
        }
    }

    /** Whether all it made is finite. */
    public boolean isFinite() {
        return outputs.stream().allMatch(v -> v.range().isFinite());
    }

    /** Whether all it read is finite: what is wrong began here then. */
    public boolean readFinite() {
        return inputs.stream().allMatch(v -> v.range().isFinite());
    }

    /** The arguments that are not finite. */
    public Stream<Value> brokenInputs() {
        return inputs.stream().filter(v -> !v.range().isFinite());
    }

    /** {@code attention in pretrained.blocks.3.attn}. */
    public String where() {
        String what = gradientOf == null || gradientOf.equals(op) ? op : op + " of the gradient of " + gradientOf;
        return what + " in " + (module.isEmpty() ? "the network" : module);
    }
}
