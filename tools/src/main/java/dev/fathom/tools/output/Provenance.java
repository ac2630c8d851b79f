package dev.fathom.tools.output;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the numbers of a depth map are and where they come from. It goes into every file, because "is this depth or
 * disparity, and how do I get metres" is the first question about any such file.
 *
 * @param kind          metric depth or relative disparity
 * @param model         the model, for people: {@code Depth Anything V2 vits, metric head}
 * @param modelSha256   SHA-256 of the weights file, hexadecimal
 * @param preprocessing how the picture was brought to the network: profile and size, {@code official, 686x518}
 * @param source        the picture's file name
 * @param maxDepth      the metric head's range in metres; NaN if relative
 */
public record Provenance(Kind kind, String model, String modelSha256, String preprocessing, String source,
                         double maxDepth) {
    /** The two kinds of depth map. */
    public enum Kind {
        /** Metres along the optical axis. */
        METRIC("m", "larger is farther", "depth along the optical axis in metres"),
        /** Inverse depth up to an unknown scale and shift. */
        RELATIVE("none", "larger is nearer", "relative disparity: inverse depth up to an unknown scale and shift");

        private final String unit;
        private final String polarity;
        private final String meaning;

        Kind(String unit, String polarity, String meaning) {
            this.unit = unit;
            this.polarity = polarity;
            this.meaning = meaning;
        }

        /** {@code m}, or {@code none}. */
        public String unit() {
            return unit;
        }

        /** Which way the numbers grow. */
        public String polarity() {
            return polarity;
        }

        /** One line for people. */
        public String meaning() {
            return meaning;
        }
    }

    /** The record as names and values, in the order of importance. Values are strings and numbers. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("values", kind.meaning());
        fields.put("unit", kind.unit());
        fields.put("polarity", kind.polarity());
        if (kind == Kind.METRIC) {
            fields.put("max_depth", maxDepth);
        }
        fields.put("model", model);
        fields.put("model_sha256", modelSha256);
        fields.put("preprocessing", preprocessing);
        fields.put("source", source);
        return fields;
    }
}
