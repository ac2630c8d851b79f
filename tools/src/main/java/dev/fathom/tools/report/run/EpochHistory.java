package dev.fathom.tools.report.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fathom.training.metrics.DepthMetric;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What {@code metrics.jsonl} tells: one line an epoch. */
final class EpochHistory {
    private final JsonLines lines;
    private final TreeMap<Integer, Epoch> epochs = new TreeMap<>();

    /**
     * One epoch.
     *
     * @param epoch from 0
     * @param numbers every number of the line by its key, those of a group as {@code group.key}; NaN where it is null
     * @param byDepth error by true depth; null in runs that do not measure it
     * @param bySet the validation's numbers by data set and key; empty where there is one set
     */
    record Epoch(int epoch, Map<String, Double> numbers, DepthErrors byDepth, Map<String, Map<String, Double>> bySet) {

        /** The numbers of a group by their keys. */
        Map<String, Double> group(String name) {
            Map<String, Double> group = new LinkedHashMap<>();
            numbers.forEach((key, value) -> {
                if (key.startsWith(name + ".")) {
                    group.put(key.substring(name.length() + 1), value);
                }
            });
            return group;
        }

        /** A number of the line; NaN if it is not there. */
        double get(String key) {
            return numbers.getOrDefault(key, Double.NaN);
        }
    }

    EpochHistory(Path file) {
        lines = new JsonLines(file);
    }

    void refresh() {
        lines.read(epochs::clear, this::add);
    }

    int unreadable() {
        return lines.unreadable();
    }

    private void add(ObjectNode line) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        line.properties().forEach(field -> {
            String key = field.getKey();
            if (field.getValue().isNumber() || field.getValue().isNull()) {
                numbers.put(key, JsonLines.number(line, key));
            } else if (field.getValue().isObject()) {
                numbers(field.getValue()).forEach((inner, value) -> numbers.put(key + "." + inner, value));
            }
        });
        int epoch = line.path("epoch").asInt();
        Map<String, Map<String, Double>> bySet = new LinkedHashMap<>();
        line.path("by_set").properties().forEach(set -> bySet.put(set.getKey(), numbers(set.getValue())));
        epochs.put(epoch, new Epoch(epoch, numbers, DepthErrors.of(line.path("by_depth")), bySet));
    }

    private static Map<String, Double> numbers(JsonNode group) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        group.properties().stream().filter(field -> field.getValue().isNumber())
                .forEach(field -> numbers.put(field.getKey(), field.getValue().asDouble()));
        return numbers;
    }

    /** All epochs, in order. */
    List<Epoch> all() {
        return new ArrayList<>(epochs.values());
    }

    boolean isEmpty() {
        return epochs.isEmpty();
    }

    Epoch last() {
        return epochs.lastEntry().getValue();
    }

    /** The epoch with the best value of a metric, the first of equals; null if none has a finite value. */
    Epoch best(DepthMetric metric) {
        Epoch best = null;
        for (Epoch epoch : epochs.values()) {
            double value = epoch.get(metric.key());
            if (Double.isFinite(value) && (best == null || metric.better(value, best.get(metric.key())))) {
                best = epoch;
            }
        }
        return best;
    }

    /** A number of every epoch, in order: NaN where it is missing. */
    double[] values(String key) {
        return epochs.values().stream().mapToDouble(e -> e.get(key)).toArray();
    }

    /** The epochs' numbers as people count them, from 1. */
    double[] numbers() {
        return epochs.keySet().stream().mapToDouble(e -> e + 1).toArray();
    }

    /** The sum of a number over the epochs that have it. */
    double sum(String key) {
        return epochs.values().stream().mapToDouble(e -> e.get(key)).filter(Double::isFinite).sum();
    }
}
