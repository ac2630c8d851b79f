package dev.fathom.tools.calibrate;

import dev.fathom.models.calibration.Calibration;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A calibration that a command uses.
 *
 * @param calibration what it is
 * @param beyond      how far outside the range of its points it is used, as a share of that range
 * @param file        where it was read from; {@code sha256} of that file
 * @param forced      whether it is used although it was made with other weights or another input size
 */
public record AppliedCalibration(Calibration calibration, double beyond, Path file, String sha256, boolean forced) {

    /** What maps in metres are: the head of each may say more by its own farthest pixel. */
    public DepthHead head() {
        return new DepthHead.Metric(calibration.farthestMetres());
    }

    /** A relative map in metres. */
    public Calibration.Metres apply(DepthMap relative) {
        return calibration.apply(relative, beyond);
    }

    /** What a file in metres says of how it became so. */
    public Map<String, Object> fields(Calibration.Metres metres) {
        Map<String, Object> fields = fields();
        fields.put("holes", metres.holes());
        fields.put("holes_meaning", metres.describe());
        return fields;
    }

    /** The same without what is about one map. */
    public Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("calibration", calibration.describe());
        fields.put("calibration_a", calibration.line().a());
        fields.put("calibration_b", calibration.line().b());
        fields.put("calibration_beyond", beyond);
        fields.put("calibration_file", file.getFileName().toString());
        fields.put("calibration_sha256", sha256);
        if (forced) {
            fields.put("calibration_forced", "it was made with other weights or another input size");
        }
        return fields;
    }
}
