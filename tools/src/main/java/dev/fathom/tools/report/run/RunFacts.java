package dev.fathom.tools.report.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.config.RunRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What a run was made under: its settings and its circumstances, each by name, in the order of the files.
 *
 * @param settings of {@code config.yaml}; empty if there is none
 * @param about    of {@code about.json}, names of inner objects joined by a blank: {@code machine processor}
 */
record RunFacts(Map<String, String> settings, Map<String, String> about) {

    /**
     * Reads both files of a run's folder.
     *
     * @throws FathomException if one is there and cannot be read
     */
    static RunFacts read(Path run) {
        return new RunFacts(flat(run.resolve(RunRecord.CONFIG), new YAMLMapper()),
                flat(run.resolve(RunRecord.ABOUT), new ObjectMapper()));
    }

    private static Map<String, String> flat(Path file, ObjectMapper mapper) {
        Map<String, String> pairs = new LinkedHashMap<>();
        if (Files.exists(file)) {
            try {
                flatten("", mapper.readTree(file.toFile()), pairs);
            } catch (IOException e) {
                throw new FathomException(file + " cannot be read (" + e.getMessage().lines().findFirst().orElse("")
                        + "); move it away to have a report without it.", e);
            }
        }
        return pairs;
    }

    private static void flatten(String name, JsonNode node, Map<String, String> pairs) {
        if (node.isObject()) {
            node.properties().forEach(field -> flatten(name.isEmpty() ? field.getKey() : name + " " + field.getKey(),
                    field.getValue(), pairs));
        } else if (node.isArray()) {
            StringJoiner items = new StringJoiner(", ");
            node.forEach(item -> items.add(item.isValueNode() ? item.asText() : item.toString()));
            pairs.put(name, items.toString());
        } else if (!node.isMissingNode() && !node.isNull()) {
            pairs.put(name, node.asText());
        }
    }

    /** A setting as a number; NaN if it is not there or none. */
    double number(String setting) {
        try {
            return Double.parseDouble(settings.getOrDefault(setting, "NaN"));
        } catch (NumberFormatException noNumber) {
            return Double.NaN;
        }
    }
}
