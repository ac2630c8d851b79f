package dev.fathom.tools.points;

import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.Rehearsal;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.calibrate.AppliedCalibration;
import dev.fathom.tools.calibrate.CalibrationArguments;
import dev.fathom.tools.cli.DatasetArguments;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.HelpSections;
import dev.fathom.tools.cli.Interrupt;
import dev.fathom.tools.cli.MapText;
import dev.fathom.tools.cli.ModelArguments;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.tools.predict.InputPictures;
import dev.fathom.tools.predict.Pipeline;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.SkipBad;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code fathom pointcloud}: photos or frames in, points in space out. */
@Command(name = "pointcloud", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Points in space (.ply) of photos, with a metric model or a depth file, or of a data set's"
                + " frames.",
        footer = {"", "The camera is needed: by options, else from the data set, else from the photo's EXIF.", "",
            "Example:",
            "  tools/fathom pointcloud --load-from depth_anything_v2_metric_hypersim_vits.pth --max-depth 20"
            + " --img-path room.jpg --fov 65 --cut-edges --view left --view above",
            "  tools/fathom pointcloud --img-path room.jpg --depth room_depth.png,unit=mm --focal-mm 26 --sensor-mm 36",
            "  tools/fathom pointcloud --dataset sunrgbd:/data/sunrgbd --frames 0-9 --mesh"})
public final class PointCloudCommand implements Callable<Integer> {
    /** Clouds in work together take at most this part of Java's memory. */
    private static final int SHARE_OF_MEMORY = 3;
    private static final int MOST_THREADS = 4;

    @Option(names = ConfigFile.OPTION, paramLabel = "FILE", description =
            "Take options from a YAML or JSON file, 'fov: 65' for --fov 65. What is on the command line as well wins.")
    private Path config;

    @Option(names = "--img-path", paramLabel = "PATH", description =
            "A picture, a folder (searched with its subfolders, pictures only), or a .txt with one path a line.")
    private Path imgPath;

    @Option(names = "--depth", paramLabel = "FILE[,KEY=VALUE]", converter = MapText.Converter.class, description =
            "The photo's depth, instead of a model: .png, .tif, .pfm, .npy, .npz, .h5, with what its numbers are:"
            + " unit=mm, or scale=1/256, or quantity=disparity,scale=FOCAL*BASELINE. Files of 'fathom predict' say it"
            + " themselves. Of several photos by lists: --dataset pairs:...")
    private MapText depth;

    @Option(names = "--outdir", defaultValue = "vis_pointcloud", paramLabel = "DIR", description =
            "Where results go (default: ${DEFAULT-VALUE}).")
    private Path outdir;

    @Option(names = "--force", description =
            "Also of relative depth, whose numbers are no lengths: depth is made up, and the file says so.")
    private boolean force;

    @ArgGroup(exclusive = false, heading = "Model")
    private ModelArguments model;

    @Mixin(name = "Calibration")
    private CalibrationArguments metres;

    @Mixin(name = "Device")
    private DeviceArguments where;

    @Mixin(name = "Data")
    private DatasetArguments data;

    @Mixin(name = "Frames")
    private FrameArguments frames;

    @Mixin(name = "Camera")
    private CameraArguments camera;

    @Mixin(name = "Points")
    private CloudArguments cloud;

    private CommandSpec spec;

    @Spec
    void spec(CommandSpec own) {
        spec = own;
        own.usageMessage().sectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, new HelpSections(own));
    }

    /** Which frames of a data set. */
    static final class FrameArguments {
        @Option(names = "--frames", defaultValue = "0", paramLabel = "N", description =
                "Which frames of the data set, from 0: 3 or 0-9,20 or all (default: ${DEFAULT-VALUE}). Their own depth,"
                + " or with --load-from the model's.")
        private String numbers;
    }

    @Override
    public Integer call() {
        ParseResult given = spec.commandLine().getParseResult();
        boolean set = given.hasMatchedOption("--data") || given.hasMatchedOption("--dataset");
        WrongCall.unless(set != (imgPath != null), spec, set
                ? "--img-path and a data set exclude each other; give one of them."
                : "There is nothing to make points of; give --img-path with --load-from or --depth, or --dataset.");
        WrongCall.unless(set || model != null || depth != null, spec,
                "--img-path needs the photo's depth; give --load-from or --depth too.");
        WrongCall.unless(depth == null || model == null && !set, spec,
                "--depth is instead of a model, and of a photo; give --img-path and leave --load-from and data sets"
                + " out.");
        WrongCall.unless(set || !given.hasMatchedOption("--frames"), spec, "--frames is for data sets; leave it out.");
        camera.check(spec);
        cloud.check(spec);
        where.check(spec);
        metres.check(spec);
        WrongCall.unless(model != null || !given.hasMatchedOption("--calibration"), spec,
                "--calibration makes metres of a model's numbers; give --load-from too.");
        WrongCall.orValue(spec, () -> {
            FrameNumbers.check(frames.numbers);
            return frames;
        });
        if (model != null) {
            model.check(spec);
        }
        FrameSource source = set ? ofSet(data.text(spec))
                : ofPhotos(InputPictures.find(imgPath, outdir, cloud.plan().suffixes()));
        // What is wrong with a single photo, or its camera, is said before a model is loaded.
        FrameSource known = source.size() == 1 ? FrameSource.read(source) : source;
        return model == null ? run(known, null) : withModel(known);
    }

    private FrameSource ofSet(DatasetText text) {
        DepthDataset set = text.open(SkipBad.STOP);
        return new DatasetFrames(set, text.toString(), FrameNumbers.of(frames.numbers, set.size()), model == null,
                camera);
    }

    private FrameSource ofPhotos(List<InputPictures.Input> photos) {
        if (depth == null) {
            return new PhotoFrames(photos, camera);
        }
        if (photos.size() != 1) {
            throw new FathomException("--depth is of one photo, but " + imgPath + " has " + photos.size()
                    + "; expected one, or a data set of pairs (--dataset pairs:...).");
        }
        return new DepthFileFrames(photos.getFirst(), depth, force, camera);
    }

    private int withModel(FrameSource source) {
        DeviceChoice choice = where.choose();
        Rehearsal rehearsal = Rehearsal.startFor(choice.device());
        try (rehearsal; ModelFile file = model.open(); MemoryScope scope = MemoryScope.open("model")) {
            DepthHead head = model.head(file);
            String sha256 = ContentHash.of(file.path()).hex();
            AppliedCalibration calibration = metres.open(head, sha256, model.inputSize).orElse(null);
            if (head instanceof DepthHead.Relative && calibration == null && !force) {
                throw new FathomException(file.path() + " is a relative model, whose numbers are no lengths: points"
                        + " made of them are bent (a funnel, a curved wall); take a metric model, make metres of it"
                        + " (fathom calibrate, then --calibration), or --force to look at them anyway.");
            }
            spec.commandLine().getOut().println(choice);
            DepthAnythingV2 network = model.load(file, choice.device());
            List<String> facts = new ArrayList<>(List.of("depth " + model.describeUse(file) + ", " + head.kind() + " ("
                    + head.unit() + ", " + head.polarity() + ")", "model_sha256 " + sha256));
            if (calibration != null) {
                facts.add("calibrated to metres: " + calibration.calibration().describe()
                        + (calibration.forced() ? ", made with other weights or another input size" : ""));
            }
            try (DepthEstimator estimator = new DepthEstimator(network, model.inputSize, model.precision)) {
                rehearsal.close();
                return run(source, new Clouds.Network(estimator, calibration, facts));
            }
        }
    }

    private int run(FrameSource source, Clouds.Network network) {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        OutputFolder.make(outdir);
        int half = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, MOST_THREADS);
        Clouds clouds = new Clouds(source, network, new CloudWriter(cloud.plan(), outdir), out::println);
        Pipeline.Outcome outcome;
        int interrupted;
        try (Progress progress = Progress.start("Points", source.size(), "frames")) {
            Pipeline<?, ?> pipeline = new Pipeline<>(clouds, source.size(), source.size() == 1 ? 0 : half,
                    Runtime.getRuntime().maxMemory() / SHARE_OF_MEMORY, index -> {
                        clouds.leftOut(index);
                        progress.step();
                    });
            try (Interrupt interrupt = Interrupt.calls(() -> {
                pipeline.requestStop();
                err.println("Stopping after this picture; Ctrl-C once more ends at once.");
            })) {
                outcome = pipeline.run();
                interrupted = interrupt.exitCode();
            }
        }
        if (source.size() == 1 && !outcome.failures().isEmpty()) {
            throw outcome.failures().getFirst();
        }
        if (source.size() > 1) {
            out.println((outcome.stopped() ? "stopped: " : "") + outcome.done() + " of " + source.size()
                    + " done, results in " + outdir);
        }
        outcome.failures().forEach(failure -> err.println(failure.getMessage()));
        return outcome.stopped() ? interrupted : outcome.failures().isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }
}
