package dev.fathom.nn.checkpoint;

import dev.fathom.engine.DType;
import dev.fathom.engine.errors.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What can be said about a weights file without knowing the model.
 *
 * @param fileBytes  size of the file
 * @param tensors    number of tensors in its state dict
 * @param parameters number of float elements in its state dict
 * @param dtypes     number of tensors of each dtype that occurs
 * @param leftOut    tensors outside the state dict, an optimiser's for example
 * @param metadata   the file's own strings
 * @param hash       SHA-256 of the file
 * @param verified   whether the file carries checksums of all its weights; then they have been compared
 */
public record CheckpointInfo(Path path, CheckpointFormat format, long fileBytes, int tensors, long parameters,
        Map<DType, Integer> dtypes, int leftOut, Map<String, String> metadata, ContentHash hash,
        boolean verified) {

    /**
     * Opens the file, compares it with its own checksums, and reads it for the hash.
     *
     * @throws CheckpointException if it is no weights file, or its content is not what its checksums say
     */
    public static CheckpointInfo of(Path path) {
        try (var file = CheckpointFile.open(path)) {
            return of(file);
        }
    }

    /** The same for a file that is open already. */
    public static CheckpointInfo of(CheckpointFile file) {
        var weights = file.stateDict();
        var dtypes = new EnumMap<DType, Integer>(DType.class);
        long parameters = 0;
        for (CheckpointTensor t : weights.values()) {
            dtypes.merge(t.dtype(), 1, Integer::sum);
            parameters += t.dtype().isFloat() ? t.shape().numel() : 0;
        }
        boolean verified = file.verify();
        try {
            return new CheckpointInfo(file.path(), file.format(), Files.size(file.path()), weights.size(), parameters,
                    Collections.unmodifiableMap(dtypes), file.tensors().size() - weights.size(), file.metadata(),
                    ContentHash.of(file.path()), verified);
        } catch (IOException e) {
            throw new CheckpointException(file.path() + " cannot be read (" + e
                    + "); expected it to stay where it is: try again.", e);
        }
    }
}
