package dev.fathom.tools.calibrate;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.calibration.Calibration;
import dev.fathom.models.calibration.CalibrationFile;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.cli.WrongCall;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Metres from a relative model: the options of all commands that use one. */
public final class CalibrationArguments {
    @Option(names = "--calibration", paramLabel = "FILE", description =
            "Metres from a relative model, by the line that 'fathom calibrate' fitted; depths that its points do not cover"
            + " become holes.")
    private Path calibration;

    @Option(names = "--extrapolate", paramLabel = "SHARE", description =
            "Use the calibration beyond its points too, at either end by this share of their range of d (default: 0).")
    private Double extrapolate;

    @Option(names = "--force-calibration", description =
            "Use the calibration although it was made with other weights or another input size.")
    private boolean force;

    /** Whether there is one. */
    public boolean asked() {
        return calibration != null;
    }

    /** Checks what needs no file. */
    public void check(CommandSpec spec) {
        WrongCall.unless(calibration != null || extrapolate == null && !force, spec,
                (extrapolate != null ? "--extrapolate" : "--force-calibration")
                + " is about a calibration; give --calibration FILE too.");
        WrongCall.unless(extrapolate == null || extrapolate >= 0 && extrapolate <= 100, spec, "--extrapolate is "
                + extrapolate + ", but a share of the calibrated range is 0 to 100.");
    }

    /**
     * The calibration, if one was asked for.
     *
     * @param head the model's; {@code sha256} of its weights, {@code inputSize} for the network
     * @throws FathomException if it cannot be read, the model is metric, or it belongs to another model
     */
    public Optional<AppliedCalibration> open(DepthHead head, String sha256, int inputSize) {
        if (calibration == null) {
            return Optional.empty();
        }
        Calibration read = CalibrationFile.read(calibration);
        if (!(head instanceof DepthHead.Relative)) {
            throw new FathomException("--calibration turns relative depth into metres, but this model is metric and gives"
                    + " metres already; leave --calibration out.");
        }
        boolean same = read.sha256().equals(sha256) && read.inputSize() == inputSize;
        if (!same && !force) {
            read.requireModel(calibration.toString(), sha256, inputSize);
        }
        return Optional.of(new AppliedCalibration(read, extrapolate == null ? 0 : extrapolate, calibration,
                ContentHash.of(calibration).hex(), !same));
    }
}
