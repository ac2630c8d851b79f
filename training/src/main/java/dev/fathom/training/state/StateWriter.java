package dev.fathom.training.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A state in the making: tensors, and entries of the metadata. */
final class StateWriter {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final List<CheckpointTensor> tensors = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    StateWriter(Path file) {
        this.file = file;
    }

    /**
     * Adds a tensor.
     *
     * @throws FathomException if it is not finite: a good state must not be replaced by a broken one
     */
    void tensor(String name, CheckpointTensor tensor) {
        if (tensor.dtype().isFloat()) {
            for (float v : tensor.toFloats()) {
                if (!Float.isFinite(v)) {
                    throw new FathomException("Training has diverged: " + tensor.name() + " holds " + v
                            + ", so it is not saved, and " + file + " is as it was; start anew with a lower --lr.");
                }
            }
        }
        tensors.add(tensor.renamed(name));
    }

    /** Adds text. */
    void entry(String key, String value) {
        metadata.put(key, value);
    }

    /** Adds a record, or a map, of numbers and words as JSON. */
    void json(String key, Object value) {
        try {
            metadata.put(key, JSON.writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of numbers cannot fail to become JSON", e);
        }
    }

    /** Replaces the file by all of it. */
    void write() {
        CheckpointWriter.write(file, tensors, metadata);
    }
}
