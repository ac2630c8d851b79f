package dev.fathom.tools.calibrate;

import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.ModelArguments;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.config.ConfigFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom calibrate}: a few known distances make metres of a relative model. */
@Command(name = "calibrate", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Metres from a relative model: fit 1/metres = a + b d to pixels of known depth, with error bars.",
            "",
            "A relative model gives inverse depth but for a scale and a shift, and those may differ from picture to"
            + " picture. METRES is the depth along the camera's axis, which towards the corners is less than the distance"
            + " to the camera. The result is a file for 'predict --calibration'."},
        footer = {"", "Example:",
            "  tools/fathom calibrate --load-from depth_anything_v2_vits.pth --relative --img-path room.jpg"
            + " --point 320,240,2.5 --point 80,400,1.2 --point 600,60,4.8 --outfile room.json",
            "  tools/fathom predict --load-from depth_anything_v2_vits.pth --relative --img-path room.jpg"
            + " --calibration room.json --save-numpy"})
public final class CalibrateCommand implements Callable<Integer> {
    @Option(names = ConfigFile.OPTION, paramLabel = "FILE",
            description = "Take options from a YAML or JSON file; what is on the command line as well wins.")
    private Path config;

    @Mixin
    private ModelArguments model;

    @Mixin
    private DeviceArguments where;

    @Mixin
    private PointArguments points;

    @Option(names = "--confidence", defaultValue = "0.95", paramLabel = "P",
            description = "Of the intervals (default: ${DEFAULT-VALUE}).")
    private double confidence;

    @Option(names = "--at", split = ",", paramLabel = "METRES", description =
            "Depths to show error bars for, besides five over the range of the points.")
    private List<Double> at = List.of();

    @Option(names = "--outfile", defaultValue = "calibration.json", paramLabel = "FILE", description =
            "Where the calibration goes (default: ${DEFAULT-VALUE}).")
    private Path outfile;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        model.check(spec);
        where.check(spec);
        points.check(spec);
        WrongCall.unless(model.maxDepth == null, spec, "--max-depth is for metric models, which give metres already; only"
                + " relative ones are calibrated.");
        WrongCall.unless(confidence > 0 && confidence < 1, spec, "--confidence is " + confidence
                + ", but a confidence is between 0 and 1, like 0.95.");
        WrongCall.unless(at.stream().allMatch(z -> z > 0 && z < Double.POSITIVE_INFINITY), spec, "--at is " + at
                + ", but depths are more than 0 metres.");
        new CalibrationRun(model, points, confidence, at, spec.commandLine().getOut()).run(where, outfile);
        return 0;
    }
}
