package dev.fathom.models.calibration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.nn.checkpoint.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A calibration as JSON: what {@code fathom calibrate} writes and other commands read. Of the file only the line, its
 * covariance, the range of d and the model are read back; the rest (intervals, every point's residual, the software)
 * says how good it is to whoever opens it.
 */
public final class CalibrationFile {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final String KIND = "fathom calibration, 1/z = a + b d";
    private static final int VERSION = 1;

    private CalibrationFile() {
    }

    /**
     * Writes a calibration and the fit that it comes from.
     *
     * @param precision in which the model ran, for the record
     * @param confidence of the intervals, 0.95 for 95 %
     */
    public static void write(Path file, Calibration calibration, InverseDepthFit fit, String precision,
            double confidence, String software) {
        InverseDepthLine line = calibration.line();
        ObjectNode root = JSON.createObjectNode();
        root.put("kind", KIND).put("version", VERSION);
        root.put("meaning", "metres = 1 / (a + b d), d the model's number at a pixel, larger is nearer");
        root.put("a", line.a()).put("b", line.b());
        root.put("errors", line.errors().key()).put("errors_meaning", "standard deviation of a point's "
                + switch (line.errors()) {
                    case RELATIVE -> "depth as a share of the depth";
                    case ABSOLUTE -> "depth, metres";
                    case INVERSE -> "inverse depth, 1/metres";
                });
        root.put("robust", fit.robust()).put("r2", fit.r2());
        if (line.hasErrors()) {
            root.put("scatter", line.scatter()).put("scatter_stated", Double.isInfinite(line.freedom()));
            root.put("degrees_of_freedom", Double.isInfinite(line.freedom()) ? null : line.freedom());
            root.putArray("covariance").add(row(line.varA(), line.covAB())).add(row(line.covAB(), line.varB()));
            root.put("confidence", confidence);
            root.set("a_interval", interval(line.intervalOfA(confidence)));
            root.set("b_interval", interval(line.intervalOfB(confidence)));
        }
        root.put("d_farthest", calibration.farthest()).put("d_nearest", calibration.nearest());
        root.put("metres_nearest", calibration.nearestMetres()).put("metres_farthest", calibration.farthestMetres());
        root.putObject("model").put("name", calibration.model()).put("sha256", calibration.sha256())
                .put("head", "relative").put("input_size", calibration.inputSize()).put("precision", precision);
        ArrayNode points = root.putArray("points");
        for (InverseDepthFit.Residual r : fit.residuals()) {
            KnownPoint p = r.point();
            points.addObject().put("picture", p.picture()).put("x", p.x()).put("y", p.y()).put("metres", p.metres())
                    .put("d", p.d()).put("fitted_metres", finite(r.fitted())).put("relative_error", r.relative())
                    .put("studentised", finite(r.studentised())).put("weight", r.weight());
        }
        root.put("software", software);
        try {
            String text = JSON.writeValueAsString(root) + "\n";
            AtomicFile.replace(file, temporary -> Files.writeString(temporary, text));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of numbers and strings is always JSON", e);
        }
    }

    /**
     * Reads one.
     *
     * @throws FathomException if it is missing, or no calibration, or damaged
     */
    public static Calibration read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new FathomException("There is no calibration file " + file
                    + "; 'fathom calibrate' makes one from points of known depth.");
        }
        JsonNode root;
        try {
            root = JSON.readTree(Files.readString(file));
        } catch (JsonProcessingException e) {
            throw damaged(file, "it is not JSON (" + e.getOriginalMessage() + ")", e);
        } catch (IOException e) {
            throw new FathomException(file + " cannot be read (" + e + "); check its permissions.", e);
        }
        if (!root.path("kind").asText().equals(KIND)) {
            throw damaged(file, "it does not say that it is a calibration", null);
        }
        if (root.path("version").asInt() != VERSION) {
            throw new FathomException(file + " is a calibration of version " + root.path("version").asText("none")
                    + ", and this program reads version " + VERSION + "; calibrate again, or use a newer Fathom.");
        }
        JsonNode model = root.path("model");
        JsonNode size = model.path("input_size");
        String sha256 = model.path("sha256").asText();
        if (!size.isInt() || !sha256.matches("[0-9a-f]{64}")) {
            throw damaged(file, "'model' lacks input_size or the hash of the weights", null);
        }
        List<String> pictures = new ArrayList<>();
        root.path("points").forEach(point -> pictures.add(point.path("picture").asText()));
        try {
            return new Calibration(line(root, file), number(root, "d_nearest", file), number(root, "d_farthest", file),
                    model.path("name").asText(), sha256, size.asInt(), pictures.size(),
                    pictures.stream().distinct().toList());
        } catch (FathomException e) {
            throw e.getMessage().startsWith(file.toString()) ? e : damaged(file, e.getMessage(), e);
        }
    }

    private static InverseDepthLine line(JsonNode root, Path file) {
        double a = number(root, "a", file);
        double b = number(root, "b", file);
        PointErrors errors = PointErrors.named(root.path("errors").asText());
        if (!root.has("covariance")) {
            return new InverseDepthLine(a, b, Double.NaN, Double.NaN, Double.NaN, errors, Double.NaN, 0);
        }
        JsonNode rows = root.path("covariance");
        double[] covariance = {rows.path(0).path(0).asDouble(-1), rows.path(0).path(1).asDouble(),
                rows.path(1).path(1).asDouble(-1)};
        if (!(covariance[0] >= 0) || !(covariance[2] >= 0)) {
            throw damaged(file, "'covariance' is not two rows of two numbers with variances in the diagonal", null);
        }
        return new InverseDepthLine(a, b, covariance[0], covariance[1], covariance[2], errors,
                number(root, "scatter", file), root.path("scatter_stated").asBoolean() ? Double.POSITIVE_INFINITY
                : number(root, "degrees_of_freedom", file));
    }

    private static double number(JsonNode root, String key, Path file) {
        JsonNode value = root.path(key);
        if (!value.isNumber() || !Double.isFinite(value.asDouble())) {
            throw damaged(file, "'" + key + "' is no number", null);
        }
        return value.asDouble();
    }

    private static FathomException damaged(Path file, String why, Exception cause) {
        return new FathomException(file + " is no whole calibration: " + why.replaceFirst("\\.$", "")
                + "; expected the file that 'fathom calibrate' writes.", cause);
    }

    private static ArrayNode row(double left, double right) {
        return JSON.createArrayNode().add(left).add(right);
    }

    private static ArrayNode interval(InverseDepthLine.Interval interval) {
        return row(interval.low(), interval.high());
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
