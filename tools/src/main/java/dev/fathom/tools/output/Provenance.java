package dev.fathom.tools.output;

import dev.fathom.models.depthanything.DepthHead;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the numbers of a depth map come from. Together with what its head says they are (unit, polarity), it goes into
 * every file, because "is this depth or disparity, and how do I get metres" is the first question about any such file.
 *
 * @param model         the model, for people: {@code Depth Anything V2 vits}
 * @param modelSha256   SHA-256 of the weights file, hexadecimal
 * @param preprocessing how the picture was brought to the network: profile and size, {@code official, 686x518}
 * @param source        the picture's file name
 * @param calibration   how a relative model's numbers became metres, as names and values; empty if they are as the head
 *                      gave them
 */
public record Provenance(String model, String modelSha256, String preprocessing, String source,
        Map<String, Object> calibration) {

    /** Of numbers as the head gave them. */
    public Provenance(String model, String modelSha256, String preprocessing, String source) {
        this(model, modelSha256, preprocessing, source, Map.of());
    }

    /** The record and the head as names and values, the most important first. Values are strings and numbers. */
    Map<String, Object> fields(DepthHead head) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("kind", calibration.isEmpty() ? head.kind() : "calibrated");
        fields.put("unit", head.unit());
        fields.put("polarity", head.polarity());
        if (head instanceof DepthHead.Metric metric) {
            fields.put("max_depth", metric.maxDepth());
        }
        fields.put("model", model);
        fields.put("model_sha256", modelSha256);
        fields.put("preprocessing", preprocessing);
        fields.put("source", source);
        fields.putAll(calibration);
        return fields;
    }
}
