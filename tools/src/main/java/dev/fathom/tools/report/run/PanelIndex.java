package dev.fathom.tools.report.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.metrics.DepthMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The pictures of a run: {@code panels/index.json}, which names the PNG files beside it.
 *
 * @param palette      of depths, {@code errorPalette} of errors
 * @param errorHigh    errors are drawn from 0 to this, |p - t| / t
 * @param samples      validation samples that are drawn in every epoch
 * @param worst        images of the newest epoch, worst first
 * @param best         the same, best first
 */
record PanelIndex(String palette, String errorPalette, double errorHigh, List<Sample> samples, List<Extreme> worst,
        List<Extreme> best) {
    /** No pictures at all. */
    static final PanelIndex NONE = new PanelIndex("", "", Double.NaN, List.of(), List.of(), List.of());

    /**
     * One sample through time.
     *
     * @param high   metres: truth and predictions are drawn from 0 to this
     * @param image  the photo's file, {@code truth} that of its true depth
     */
    record Sample(String name, double high, Path image, Path truth, List<Moment> epochs) {
    }

    /** A sample after one epoch. */
    record Moment(int epoch, Path prediction, Path error, Map<DepthMetric, Double> metrics) {
    }

    /** An image that an epoch did worst or best on. */
    record Extreme(int epoch, String name, double high, Path image, Path truth, Path prediction, Path error,
            Map<DepthMetric, Double> metrics) {
    }

    /**
     * Reads the index of a run's folder.
     *
     * @throws FathomException if it is there and cannot be read
     */
    static PanelIndex read(Path run) {
        Path folder = run.resolve("panels");
        Path file = folder.resolve("index.json");
        if (!Files.exists(file)) {
            return NONE;
        }
        JsonNode root;
        try {
            root = new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new FathomException(file + " is no list of panels (" + e.getMessage().lines().findFirst().orElse("")
                    + "); move the folder " + folder + " away to have a report without pictures.", e);
        }
        List<Sample> samples = new ArrayList<>();
        for (JsonNode s : root.path("samples")) {
            List<Moment> moments = new ArrayList<>();
            for (JsonNode m : s.path("epochs")) {
                moments.add(new Moment(m.path("epoch").asInt(), path(folder, m, "prediction"), path(folder, m, "error"),
                        metrics(m)));
            }
            samples.add(new Sample(s.path("name").asText(), JsonLines.number(s, "high"), path(folder, s, "image"),
                    path(folder, s, "truth"), moments));
        }
        return new PanelIndex(root.path("palette").asText(), root.path("error_palette").asText(),
                JsonLines.number(root, "error_high"), samples, extremes(folder, root.path("worst")),
                extremes(folder, root.path("best")));
    }

    private static List<Extreme> extremes(Path folder, JsonNode list) {
        List<Extreme> extremes = new ArrayList<>();
        for (JsonNode e : list) {
            extremes.add(new Extreme(e.path("epoch").asInt(), e.path("name").asText(), JsonLines.number(e, "high"),
                    path(folder, e, "image"), path(folder, e, "truth"), path(folder, e, "prediction"),
                    path(folder, e, "error"), metrics(e)));
        }
        return extremes;
    }

    /** A file of the panels' folder; null if none is named, or one that lies elsewhere. */
    private static Path path(Path folder, JsonNode node, String key) {
        String name = node.path(key).asText("");
        Path file = folder.resolve(name).normalize();
        return name.isEmpty() || !file.startsWith(folder.normalize()) ? null : file;
    }

    private static Map<DepthMetric, Double> metrics(JsonNode node) {
        Map<DepthMetric, Double> metrics = new EnumMap<>(DepthMetric.class);
        for (DepthMetric metric : DepthMetric.values()) {
            if (node.path("metrics").has(metric.key())) {
                metrics.put(metric, JsonLines.number(node.path("metrics"), metric.key()));
            }
        }
        return metrics;
    }
}
