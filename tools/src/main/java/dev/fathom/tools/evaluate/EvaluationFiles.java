package dev.fathom.tools.evaluate;

import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.output.JsonFile;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.evaluation.scoring.Fit;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.Measure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes an evaluation: JSON with all that defines its numbers, and a CSV with a line an image. */
public final class EvaluationFiles {
    private EvaluationFiles() {
    }

    /**
     * Everything needed to know what the numbers mean, and to get them again.
     *
     * @param call the words of the command line
     */
    public static void writeJson(Path file, EvaluationReport report, List<String> call) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("made_by", Version.line());
        root.put("call", call);
        Map<String, Object> protocol = new LinkedHashMap<>();
        protocol.put("name", report.protocol());
        protocol.putAll(report.options().protocol().toMap());
        root.put("protocol", protocol);
        root.put("data", data(report.data(), report.results().getFirst().evaluation().bad()));
        root.put("intervals", report.bootstrap().map(EvaluationFiles::bootstrap).orElse(null));
        root.put("sources", report.results().stream().map(EvaluationFiles::source).toList());
        root.put("comparisons", report.comparisons().stream().map(EvaluationFiles::comparison).toList());
        Map<String, String> definitions = new LinkedHashMap<>();
        report.measures().forEach(measure -> definitions.put(measure.key(), measure.description()));
        root.put("definitions", definitions);
        JsonFile.write(file, root);
    }

    static Map<String, Object> data(EvaluationReport.Data data, Map<String, Integer> bad) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("set", data.text());
        map.put("fingerprint", data.fingerprint());
        map.put("frames", data.frames());
        map.put("looked_at", data.looked());
        map.put("bad_frames", new TreeMap<>(bad));
        return map;
    }

    static Map<String, Object> bootstrap(Bootstrap bootstrap) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("method", "bootstrap over images, " + bootstrap.method());
        map.put("level", bootstrap.level());
        map.put("resamples", bootstrap.resamples());
        map.put("seed", bootstrap.seed());
        return map;
    }

    private static Map<String, Object> source(EvaluationReport.Result result) {
        Evaluation evaluation = result.evaluation();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", result.name());
        map.put("about", result.about());
        Map<String, Object> metrics = new LinkedHashMap<>();
        Map<String, Object> intervals = new LinkedHashMap<>();
        for (Measure measure : evaluation.measures()) {
            Interval value = result.value(measure);
            metrics.put(measure.key(), number(value.estimate()));
            if (!Double.isNaN(value.low())) {
                intervals.put(measure.key(), List.of(value.low(), value.high()));
            }
        }
        map.put("metrics", metrics);
        map.put("intervals", intervals);
        map.put("images", evaluation.counted());
        map.put("skipped", evaluation.skipped());
        map.put("skipped_why", evaluation.reasons());
        map.put("non_finite", evaluation.nonFinite());
        map.put("valid_pixels", evaluation.mean().pixels());
        map.put("missing_pixels", evaluation.images().stream().mapToLong(ImageResult::missing).sum());
        map.put("negative_scales", evaluation.fits().stream().filter(fit -> fit.scale() < 0).count());
        return map;
    }

    static Map<String, Object> comparison(EvaluationReport.Comparison comparison) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("first", comparison.first());
        map.put("second", comparison.second());
        Map<String, Object> measures = new LinkedHashMap<>();
        comparison.measures().forEach(c -> {
            Map<String, Object> values = c.toMap();
            values.replaceAll((key, value) -> value instanceof Double d ? number(d) : value);
            measures.put(c.measure().key(), values);
        });
        map.put("measures", measures);
        return map;
    }

    /** JSON has no NaN and no infinity: such a number (of a prediction that is not positive) is null. */
    static Double number(double value) {
        return Double.isFinite(value) ? Double.valueOf(value) : null;
    }

    /**
     * One line an image and source: name, size, valid pixels, every measure, what aligned it; empty cells where the image
     * was skipped. Where there are several sources their names come first.
     */
    public static void writeCsv(Path file, EvaluationReport report) {
        boolean several = report.results().size() > 1;
        List<Measure> measures = report.measures();
        StringBuilder csv = new StringBuilder(several ? "source," : "").append(
                "index,name,width,height,valid_pixels,repaired");
        measures.forEach(measure -> csv.append(',').append(measure.key()));
        csv.append(",scale,shift,missing_pixels,skipped\n");
        for (EvaluationReport.Result result : report.results()) {
            for (ImageResult image : result.evaluation().images()) {
                List<String> cells = new ArrayList<>();
                if (several) {
                    cells.add(quoted(result.name()));
                }
                cells.addAll(List.of(String.valueOf(image.index()), quoted(image.name()), String.valueOf(image.width()),
                        String.valueOf(image.height()), image.metrics().map(DepthMetrics::pixels).map(String::valueOf)
                        .orElse(""), String.valueOf(image.repaired())));
                measures.forEach(measure -> cells.add(image.value(measure).isEmpty() ? ""
                        : Double.toString(image.value(measure).getAsDouble())));
                cells.add(image.fit().map(Fit::scale).map(String::valueOf).orElse(""));
                cells.add(image.fit().map(Fit::shift).map(String::valueOf).orElse(""));
                cells.add(image.skipped().isPresent() ? "" : String.valueOf(image.missing()));
                cells.add(quoted(image.skipped().orElse("")));
                csv.append(String.join(",", cells)).append('\n');
            }
        }
        write(file, csv.toString());
    }

    static String quoted(String text) {
        return text.contains(",") || text.contains("\"") ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }

    static void write(Path file, String text) {
        AtomicFile.replace(file, temporary -> Files.writeString(temporary, text));
    }
}
