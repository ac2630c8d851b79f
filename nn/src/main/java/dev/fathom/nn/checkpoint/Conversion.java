package dev.fathom.nn.checkpoint;

import dev.fathom.engine.DType;
import dev.fathom.engine.errors.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** From one weights file to another. */
public final class Conversion {
    /**
     * What was done.
     *
     * @param tensors   tensors in the new file
     * @param converted how many of them got another dtype
     * @param leftOut   tensors of the old file that are not weights, an optimiser's for example
     */
    public record Result(CheckpointFormat from, CheckpointFormat to, int tensors, int converted, int leftOut) {
    }

    private Conversion() {
    }

    /**
     * Writes the weights of {@code in} (its {@link CheckpointFile#stateDict()}, under plain names) and its metadata
     * to {@code out}, whose name tells the format. Equal to the bit where the dtype is kept, rounded to nearest even
     * where it is not; only float tensors change their dtype. One tensor is in memory at a time.
     *
     * @param as the dtype of all float tensors, or empty to keep each one's own
     */
    public static Result convert(Path in, Path out, Optional<DType> as) {
        CheckpointFormat to = CheckpointFormat.forWriting(out);
        try (var file = CheckpointFile.open(in)) {
            var weights = file.stateDict();
            if (weights.isEmpty()) {
                throw new CheckpointException(
                        in + " holds no tensors; expected weights: check that it is the right file.");
            }
            List<CheckpointTensor> tensors = weights.values().stream().map(t -> as.map(t::as).orElse(t)).toList();
            int converted = (int) tensors.stream().filter(t -> t.dtype() != weights.get(t.name()).dtype()).count();
            CheckpointWriter.write(out, tensors, file.metadata());
            return new Result(file.format(), to, tensors.size(), converted, file.tensors().size() - tensors.size());
        }
    }
}
