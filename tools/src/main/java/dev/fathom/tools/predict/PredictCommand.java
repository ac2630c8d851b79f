package dev.fathom.tools.predict;

import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.Rehearsal;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.calibrate.AppliedCalibration;
import dev.fathom.tools.calibrate.CalibrationArguments;
import dev.fathom.tools.cli.ColourArguments;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.Interrupt;
import dev.fathom.tools.cli.ModelArguments;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.Sentence;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.tools.tiles.TileArguments;
import dev.fathom.tools.tiles.Tiling;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom predict}: pictures in, depth out. */
@Command(name = "predict", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Depth of pictures: coloured PNGs, and on request the numbers.",
        footer = {"", "Example:",
        "  tools/fathom predict --load-from depth_anything_v2_vits.pth --relative --img-path photos --outdir depth"})
public final class PredictCommand implements Callable<Integer> {
    @Option(names = ConfigFile.OPTION, paramLabel = "FILE", description =
            "Take options from a YAML or JSON file, 'input-size: 700' for --input-size 700. What is on the command"
                    + " line as well wins.")
    private Path config;

    @Mixin
    private ModelArguments model;

    @Mixin
    private DeviceArguments where;

    @Mixin
    private CalibrationArguments metres;

    @Option(names = "--img-path", required = true, paramLabel = "PATH",
            description = "A picture, a folder (searched with its subfolders, pictures only), or a .txt with one path "
                    + "a line.")
    private Path imgPath;

    @Option(names = "--outdir", defaultValue = "vis_depth", paramLabel = "DIR", description =
            "Where results go (default: ${DEFAULT-VALUE}).")
    private Path outdir;

    @Mixin
    private ColourArguments look;

    @Option(names = "--save-numpy", description = "Also the values as float32 .npy with a .json beside it.")
    private boolean saveNumpy;

    @Option(names = "--save-png16", description = "Also the values as 16-bit PNG (metric: millimetres).")
    private boolean savePng16;

    @Option(names = "--save-pfm", description = "Also the values as .pfm with a .json beside it.")
    private boolean savePfm;

    @Mixin
    private TileArguments tiles;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        look.check(spec);
        model.check(spec);
        where.check(spec);
        metres.check(spec);
        Optional<Tiling> tiling = tiles.tiling(spec, model.inputSize);
        List<InputPictures.Input> inputs = InputPictures.find(imgPath, outdir);
        DeviceChoice choice = where.choose();
        Rehearsal rehearsal = Rehearsal.startFor(choice.device());
        try (rehearsal; ModelFile file = model.open(); MemoryScope scope = MemoryScope.open("model")) {
            String sha256 = ContentHash.of(file.path()).hex();
            AppliedCalibration calibration = metres.open(model.head(file), sha256, model.inputSize).orElse(null);
            spec.commandLine().getOut().println(choice);
            DepthAnythingV2 network = model.load(file, choice.device());
            OutputFolder.make(outdir);
            DepthHead head = network.head();
            DepthHead written = calibration == null ? head : calibration.head();
            try (DepthEstimator estimator = new DepthEstimator(network, model.inputSize, model.precision)) {
                Predictor predictor = new Predictor(estimator, model.describeUse(file), sha256,
                        new Predictor.Outputs(look.predOnly, look.palette(written), saveNumpy, savePng16, savePfm), outdir,
                        calibration);
                rehearsal.close();
                return run(predictor, tiling, inputs, model.describeUse(file) + ", " + head.kind() + " (" + head.unit()
                        + ", " + head.polarity() + ")" + (calibration == null ? "" : ", calibrated to metres: "
                        + calibration.calibration().describe()));
            }
        }
    }

    private int run(Predictor predictor, Optional<Tiling> tiling, List<InputPictures.Input> inputs, String what) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        out.println(what);
        long start = System.nanoTime();
        Pipeline.Outcome outcome;
        int interrupted;
        List<String> seams = new ArrayList<>();
        try (Progress progress = Progress.start("Predicting", inputs.size(), "pictures")) {
            tiling.ifPresent(how -> predictor.tiled(how, progress::note, seams::add));
            Pipeline<?, ?> pipeline = predictor.pipeline(inputs, index -> progress.step());
            try (Interrupt interrupt = Interrupt.calls(() -> stop(pipeline))) {
                outcome = pipeline.run();
                interrupted = interrupt.exitCode();
            }
        }
        seams.forEach(out::println);
        if (inputs.size() == 1 && !outcome.failures().isEmpty()) {
            throw outcome.failures().getFirst();
        }
        out.println((outcome.stopped() ? "stopped: " : "") + outcome.done() + " of " + inputs.size()
                + (inputs.size() == 1 ? " picture" : " pictures") + " done, results in " + outdir
                + (outcome.done() > 1 ? String.format(Locale.ROOT, " (%s, network busy %.0f %% of the time)",
                Durations.words((System.nanoTime() - start) / 1e9), 100 * outcome.busy()) : ""));
        if (predictor.shareOfHoles() > 0) {
            out.printf(Locale.ROOT, "%.1f %% of the pixels are holes: the calibration's points do not cover their depth"
                    + " (--extrapolate)%n", 100 * predictor.shareOfHoles());
        }
        // One broken picture does not cost the other results; it is named here and in the exit code.
        outcome.failures().forEach(failure -> err.println(Sentence.of(failure.getMessage())));
        return outcome.stopped() ? interrupted : outcome.failures().isEmpty() ? 0 : ExitCode.FAILED;
    }

    private void stop(Pipeline<?, ?> pipeline) {
        pipeline.requestStop();
        spec.commandLine().getErr().println("Stopping after this picture; Ctrl-C once more ends at once.");
    }
}
