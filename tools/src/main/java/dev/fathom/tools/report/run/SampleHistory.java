package dev.fathom.tools.report.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fathom.tools.report.CommonFolder;
import dev.fathom.training.metrics.DepthMetric;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What {@code validation.jsonl} tells: one line an epoch and image. Of each epoch the worst and best images stay, of the
 * best epoch one number of every image.
 */
final class SampleHistory {
    /** Worst and best images that are kept of an epoch. */
    static final int KEPT = 5;

    private final JsonLines lines;
    private final DepthMetric metric;
    private final TreeMap<Integer, Extremes> epochs = new TreeMap<>();
    private final TreeMap<String, Double> ofBest = new TreeMap<>();
    private int bestEpoch = -1;
    private String folder;

    /** One image of one epoch. */
    record Sample(String name, Map<DepthMetric, Double> metrics) {
        double get(DepthMetric metric) {
            return metrics.getOrDefault(metric, Double.NaN);
        }
    }

    /** The images of an epoch that are worth a look: worst first, best first. */
    record Extremes(List<Sample> worst, List<Sample> best) {
    }

    /** @param metric that ranks the images */
    SampleHistory(Path file, DepthMetric metric) {
        this.lines = new JsonLines(file);
        this.metric = metric;
    }

    /** @param best the best epoch so far, whose images are all kept; -1 for none */
    void refresh(int best) {
        if (best != bestEpoch) {
            ofBest.clear();
            bestEpoch = best;
        }
        lines.read(() -> {
            epochs.clear();
            ofBest.clear();
            folder = null;
        }, this::add);
    }

    int unreadable() {
        return lines.unreadable();
    }

    private void add(ObjectNode line) {
        double value = JsonLines.number(line, metric.key());
        if (!Double.isFinite(value)) {
            return;
        }
        int epoch = line.path("epoch").asInt();
        String name = line.path("name").asText();
        folder = CommonFolder.of(folder, name);
        if (epoch == bestEpoch) {
            ofBest.put(name, value);
        }
        Extremes extremes = epochs.computeIfAbsent(epoch, e -> new Extremes(new ArrayList<>(), new ArrayList<>()));
        Comparator<Sample> worseFirst = Comparator.comparingDouble(s -> metric.higherIsBetter() ? s.get(metric)
                : -s.get(metric));
        if (hasRoom(extremes.worst, value, worseFirst) || hasRoom(extremes.best, value, worseFirst.reversed())) {
            Sample sample = sample(name, line);
            insert(extremes.worst, sample, worseFirst);
            insert(extremes.best, sample, worseFirst.reversed());
        }
    }

    private boolean hasRoom(List<Sample> kept, double value, Comparator<Sample> order) {
        return kept.size() < KEPT
                || order.compare(new Sample("", Map.of(metric, value)), kept.getLast()) < 0;
    }

    private static Sample sample(String name, ObjectNode line) {
        Map<DepthMetric, Double> metrics = new EnumMap<>(DepthMetric.class);
        for (DepthMetric m : DepthMetric.values()) {
            metrics.put(m, JsonLines.number(line, m.key()));
        }
        return new Sample(name, metrics);
    }

    private static void insert(List<Sample> kept, Sample sample, Comparator<Sample> order) {
        int at = 0;
        while (at < kept.size() && order.compare(kept.get(at), sample) <= 0) {
            at++;
        }
        if (at < KEPT) {
            kept.add(at, sample);
            if (kept.size() > KEPT) {
                kept.removeLast();
            }
        }
    }

    /** The extremes of an epoch, null if no image of it is known. */
    Extremes of(int epoch) {
        return epochs.get(epoch);
    }

    /** The folder that all images have in common, which need not be said of each; null while there is none. */
    String folder() {
        return folder;
    }

    /** The ranking number of every image of the best epoch, by name. */
    Map<String, Double> ofBestEpoch() {
        return ofBest;
    }
}
