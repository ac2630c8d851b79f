package dev.fathom.tools.video;

import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.image.ByteMap.Range;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.output.JsonFile;
import dev.fathom.tools.output.Provenance;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is known of a finished clip, as {@code NAME_clip.json}: enough to turn its pictures back into values. */
final class ClipReport {
    private ClipReport() {
    }

    /**
     * Writes it.
     *
     * @param range     the values that the palette's ends stand for, {@code how} it came about
     * @param colouring the palette's name
     * @param strength  of the smoothing
     */
    static void write(Path file, Provenance about, DepthHead head, ClipAnalysis clip, int width, int height,
            String rate, Range range, ValueRange how, String colouring, double strength) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("kind", head.kind());
        fields.put("unit", head.unit());
        fields.put("polarity", head.polarity());
        if (head instanceof DepthHead.Metric metric) {
            fields.put("max_depth", metric.maxDepth());
        }
        fields.put("model", about.model());
        fields.put("model_sha256", about.modelSha256());
        fields.put("preprocessing", about.preprocessing());
        fields.put("source", about.source());
        fields.put("frames", clip.steps().size());
        fields.put("size", List.of(width, height));
        fields.put("frames_per_second", rate);
        fields.put("colouring", colouring);
        fields.put("range", Map.of("low", range.low(), "high", range.high(), "is", how.toString()));
        fields.put("values", Map.of("low", clip.range().low(), "high", clip.range().high()));
        Map<String, Object> smoothing = new LinkedHashMap<>();
        smoothing.put("strength", strength);
        smoothing.put("fits", VideoRun.freedom(head).name().toLowerCase(Locale.ROOT));
        if (strength > 0) {
            smoothing.put("scale", clip.steps().stream().map(Smoothing.Step::scale).toList());
            smoothing.put("shift", clip.steps().stream().map(Smoothing.Step::shift).toList());
        }
        fields.put("smoothing", smoothing);
        fields.put("first_frames_of_scenes", clip.cuts().stream().map(i -> i + 1).toList());
        Map<String, Object> flicker = new LinkedHashMap<>();
        flicker.put("is", Flicker.DEFINITION);
        flicker.put("before_smoothing", figure(clip.before()));
        flicker.put("after_smoothing", figure(clip.after()));
        fields.put("flicker", flicker);
        fields.put("software", Version.line());
        JsonFile.write(file, fields);
    }

    private static Map<String, Object> figure(Flicker.Figure figure) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pairs_of_frames", figure.pairs());
        if (figure.pairs() > 0) {
            fields.put("mean", figure.mean());
            fields.put("worst", figure.worst());
            fields.put("worst_frame", figure.frame() + 1);
        }
        return fields;
    }
}
