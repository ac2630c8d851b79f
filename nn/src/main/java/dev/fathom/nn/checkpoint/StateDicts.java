package dev.fathom.nn.checkpoint;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** What training wrappers do to the names of weights, undone. */
final class StateDicts {
    /** Keys under which trainers keep the weights beside optimiser and epoch, most specific first. */
    static final List<String> WRAPPER_KEYS = List.of("model_state_dict", "state_dict", "model");

    private static final String MODEL = "model.";
    private static final String OPTIMISER = "optimizer.";
    private static final List<String> MODULE_PREFIXES = List.of("module.", "_orig_mod.");

    private StateDicts() {
    }

    /**
     * The weights alone of a training state whose names are flat, as in Fathom's own {@code last.safetensors}: those
     * that begin with {@code model.}, without it, if there are others that begin with {@code optimizer.}.
     */
    static SequencedMap<String, CheckpointTensor> withoutOptimiser(SequencedMap<String, CheckpointTensor> tensors) {
        boolean state = tensors.keySet().stream().anyMatch(name -> name.startsWith(OPTIMISER));
        SequencedMap<String, CheckpointTensor> weights = state ? withoutPrefix(tensors, MODEL) : tensors;
        return weights.isEmpty() ? tensors : weights;
    }

    /**
     * Takes off prefixes that all names share because a wrapper module put them there; other names stay as they are.
     */
    static SequencedMap<String, CheckpointTensor> withoutWrapperPrefixes(
            SequencedMap<String, CheckpointTensor> tensors) {
        String prefix = "";
        boolean grown = !tensors.isEmpty();
        while (grown) {
            grown = false;
            for (String candidate : MODULE_PREFIXES) {
                String longer = prefix + candidate;
                if (tensors.keySet().stream().allMatch(name -> name.startsWith(longer)
                        && name.length() > longer.length())) {
                    prefix = longer;
                    grown = true;
                    break;
                }
            }
        }
        return withoutPrefix(tensors, prefix);
    }

    /** The tensors whose names begin with {@code prefix}, without it, in the same order. */
    static SequencedMap<String, CheckpointTensor> withoutPrefix(SequencedMap<String, CheckpointTensor> tensors,
            String prefix) {
        var plain = new LinkedHashMap<String, CheckpointTensor>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                String rest = name.substring(prefix.length());
                plain.put(rest, tensor.renamed(rest));
            }
        });
        return plain;
    }
}
