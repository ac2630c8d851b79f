package dev.fathom.tools.evaluate;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.fathom.engine.Precision;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.DepthMetrics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Writes an evaluation. */
public final class EvaluationFiles {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private EvaluationFiles() {
    }

    /** A table of the means with each measure's direction. */
    public static String table(DepthMetrics mean) {
        StringBuilder text = new StringBuilder();
        for (DepthMetric metric : DepthMetric.values()) {
            text.append(String.format(Locale.ROOT, "  %-11s %9.4f  %s%n", metric.key(), mean.get(metric),
                    metric.higherIsBetter() ? "higher is better" : "lower is better"));
        }
        return text.toString();
    }

    /**
     * Everything needed to know what the numbers mean.
     *
     * @param model name, file, hash and head of the model
     * @param data where the images came from
     */
    public static void writeJson(Path file, Evaluation evaluation, EvaluationOptions options, Map<String, ?> model,
            int inputSize, Precision precision, String data) {
        Map<String, Object> root = new LinkedHashMap<>();
        Map<String, Double> metrics = evaluation.mean().toMap();
        // JSON has no NaN and no infinity: such a measure (of a prediction that is not positive) is null.
        metrics.replaceAll((key, value) -> Double.isFinite(value) ? value : null);
        root.put("metrics", metrics);
        root.put("images", evaluation.counted());
        root.put("skipped", evaluation.skipped());
        root.put("non_finite", evaluation.nonFinite());
        root.put("bad_frames", new TreeMap<>(evaluation.bad()));
        root.put("valid_pixels", evaluation.mean().pixels());
        root.put("data", data);
        root.put("model", model);
        Map<String, Object> protocol = options.protocol().toMap();
        protocol.put("input_size", inputSize);
        protocol.put("precision", precision.toString());
        root.put("protocol", protocol);
        Map<String, String> definitions = new LinkedHashMap<>();
        for (DepthMetric metric : DepthMetric.values()) {
            definitions.put(metric.key(), metric.description());
        }
        root.put("definitions", definitions);
        try {
            write(file, JSON.writeValueAsString(root) + "\n");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of numbers and strings cannot fail to become JSON", e);
        }
    }

    /** One line an image: name, size, valid pixels, every measure; empty cells where the image was skipped. */
    public static void writeCsv(Path file, Evaluation evaluation) {
        StringBuilder csv = new StringBuilder("index,name,width,height,valid_pixels,repaired");
        for (DepthMetric metric : DepthMetric.values()) {
            csv.append(',').append(metric.key());
        }
        csv.append('\n');
        for (ImageResult image : evaluation.images()) {
            csv.append(image.index()).append(',').append(quoted(image.name())).append(',').append(image.width())
                    .append(',')
                    .append(image.height()).append(',').append(image.metrics().map(DepthMetrics::pixels)
                    .map(String::valueOf).orElse(""))
                    .append(',').append(image.repaired());
            for (DepthMetric metric : DepthMetric.values()) {
                csv.append(',').append(image.metrics().map(m -> Double.toString(m.get(metric))).orElse(""));
            }
            csv.append('\n');
        }
        write(file, csv.toString());
    }

    private static String quoted(String text) {
        return text.contains(",") || text.contains("\"") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }

    private static void write(Path file, String text) {
        AtomicFile.replace(file, temporary -> Files.writeString(temporary, text));
    }
}
