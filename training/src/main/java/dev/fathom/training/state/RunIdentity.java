package dev.fathom.training.state;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fathom.training.options.TrainOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a saved state was made under: options and the sizes of the data. A run that goes on under anything else would be
 * neither the old run nor a new one, so every difference is named and refused. Frames are counted, not compared: a data
 * set may move to another folder. Where several are mixed, their frames and weights are compared, too.
 *
 * @param options of the run
 * @param trainingFrames in the training set
 * @param validationFrames in the validation set
 * @param mixture what decides about the order of several training sets; null if there is one
 */
public record RunIdentity(TrainOptions options, int trainingFrames, int validationFrames,
        @JsonInclude(JsonInclude.Include.NON_NULL) String mixture) {
    /** What a state has of the options. */
    static final String OPTIONS = "options";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** As one line of JSON: what is saved. */
    String json() {
        return MAPPER.valueToTree(this).toString();
    }

    /**
     * How this run differs from a saved one, in words: {@code epochs was 10 and is 20}.
     *
     * @param saved what {@link #json()} gave then
     * @throws JsonProcessingException if it is no JSON
     */
    List<String> differences(String saved) throws JsonProcessingException {
        JsonNode then = MAPPER.readTree(saved);
        // Read back, so that both sides went through the same decimal digits.
        JsonNode now = MAPPER.readTree(json());
        List<String> found = new ArrayList<>();
        compare("", then, now, found);
        return found;
    }

    private static void compare(String name, JsonNode then, JsonNode now, List<String> found) {
        if (now instanceof ObjectNode fields) {
            for (Map.Entry<String, JsonNode> field : fields.properties()) {
                compare(name(name, field.getKey()), then.path(field.getKey()), field.getValue(), found);
            }
            for (Map.Entry<String, JsonNode> field : then.properties()) {
                if (!fields.has(field.getKey())) {
                    found.add(name(name, field.getKey()) + " was " + text(field.getValue()) + " and is not set");
                }
            }
        } else if (!then.equals(now)) {
            found.add(name + " was " + text(then) + " and is " + text(now));
        }
    }

    private static String text(JsonNode value) {
        return value.isMissingNode() ? "not set" : value.isValueNode() ? value.asText() : value.toString();
    }

    /** {@code options.batch.augmentation.flip} is called batch.augmentation.flip. */
    private static String name(String prefix, String field) {
        return prefix.isEmpty() || prefix.equals(OPTIONS) ? field : prefix + "." + field;
    }
}
