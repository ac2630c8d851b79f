package dev.fathom.models.depthanything;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.CheckpointException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a weights file that Fathom writes says about itself, in strings (safetensors' {@code __metadata__}, HDF5
 * attributes):
 *
 * <ul>
 * <li>{@code fathom.model}: the {@link ModelConfig} as JSON;
 * <li>{@code fathom.head}: {@code metric} or {@code relative};
 * <li>{@code fathom.max_depth}: metres, for a metric head.
 * </ul>
 */
public final class ModelMetadata {
    private static final String MODEL = "fathom.model";
    private static final String HEAD = "fathom.head";
    private static final String MAX_DEPTH = "fathom.max_depth";
    private static final ObjectMapper JSON = new ObjectMapper();

    private ModelMetadata() {
    }

    /** The strings for a model. */
    public static Map<String, String> of(ModelConfig config, DepthHead head) {
        Map<String, String> metadata = new LinkedHashMap<>();
        try {
            metadata.put(MODEL, JSON.writeValueAsString(config));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a model configuration is plain numbers and cannot fail to become JSON", e);
        }
        metadata.put(HEAD, head.kind());
        if (head instanceof DepthHead.Metric metric) {
            metadata.put(MAX_DEPTH, Double.toString(metric.maxDepth()));
        }
        return metadata;
    }

    /**
     * The network that these strings describe, without values.
     *
     * @param source whose strings they are, for messages
     * @throws CheckpointException if they describe none
     */
    public static DepthAnythingV2 network(Map<String, String> metadata, String source) {
        return new DepthAnythingV2(config(metadata, source).orElseThrow(() -> lacks(source, MODEL)),
                head(metadata, source).orElseThrow(() -> lacks(source, HEAD)));
    }

    private static CheckpointException lacks(String source, String key) {
        return new CheckpointException(source + ": its metadata has no " + key
                + ", which says what network it is of; the file is damaged.");
    }

    /** The configuration that a file carries, if any. */
    static Optional<ModelConfig> config(Map<String, String> metadata, String source) {
        String json = metadata.get(MODEL);
        if (json == null) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(JSON.readValue(json, ModelConfig.class));
        } catch (JsonProcessingException e) {
            throw new CheckpointException(source + ": its metadata entry " + MODEL + " is not a model configuration: "
                    + e.getOriginalMessage(), e);
        }
    }

    /** The head that a file declares, if any. */
    static Optional<DepthHead> head(Map<String, String> metadata, String source) {
        String kind = metadata.get(HEAD);
        if (kind == null) {
            return Optional.empty();
        }
        return Optional.of(switch (kind) {
            case "relative" -> new DepthHead.Relative();
            case "metric" -> new DepthHead.Metric(maxDepth(metadata.get(MAX_DEPTH), source));
            default -> throw new CheckpointException(source + ": its metadata entry " + HEAD + " is '" + kind
                    + "', expected relative or metric");
        });
    }

    private static double maxDepth(String text, String source) {
        try {
            return Double.parseDouble(String.valueOf(text));
        } catch (NumberFormatException e) {
            throw new CheckpointException(source + ": its metadata declares a metric head but " + MAX_DEPTH + " is '"
                    + text
                    + "', expected metres", e);
        }
    }
}
