package dev.fathom.tools.video;

import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.Rehearsal;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Picture;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.cli.ColourArguments;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.ModelArguments;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.tools.output.Provenance;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom video}: a clip in, its depth out. */
@Command(name = "video", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Depth of a clip: numbered pictures or a film, with one range of values for all frames.", "",
            "The network's maps wait on the disk until the last is there. After Ctrl-C or a crash the same command"
            + " goes on from what is whole. Films are read and written by the program ffmpeg."},
        footer = {"", "Examples:",
        "  tools/fathom video --load-from vits.pth --relative --video-path walk.mp4 --smooth",
        "  tools/fathom video --load-from indoor.pth --max-depth 20 --video-path 'frames/%%05d.png'"})
public final class VideoCommand implements Callable<Integer> {
    private static final String USUAL_RATE = "30";

    @Option(names = ConfigFile.OPTION, paramLabel = "FILE", description =
            "Take options from a YAML or JSON file, 'smooth: 0.9' for --smooth 0.9. What is on the command line as"
                    + " well wins.")
    private Path config;

    @Mixin
    private ModelArguments model;

    @Mixin
    private DeviceArguments where;

    @Option(names = "--video-path", required = true, paramLabel = "PATH",
            description = "A film (.mp4, .mov, ...), a folder of numbered pictures, or a pattern of their names:"
                    + " 'frames/%%05d.png', 'frames/*.jpg'.")
    private String videoPath;

    @Option(names = "--outdir", defaultValue = "vis_video_depth", paramLabel = "DIR", description =
            "Where results go (default: ${DEFAULT-VALUE}).")
    private Path outdir;

    @Option(names = "--format", paramLabel = "WHAT", description =
            "frames (numbered PNGs), mp4 or mov (default: frames for numbered pictures, mp4 for a film).")
    private ClipResult.Format format;

    @Option(names = "--fps", paramLabel = "N", description =
            "Frames a second of a film that is made of pictures (default: 30). A film keeps its own.")
    private String fps;

    @Mixin
    private ColourArguments look;

    @Mixin
    private VideoArguments values;

    @Option(names = "--save-numpy", description = "Also each frame's values as float32 .npy with a .json beside it.")
    private boolean saveNumpy;

    @Option(names = "--save-png16", description =
            "Also each frame's values as 16-bit PNG (metric: millimetres; relative: one scale for the clip).")
    private boolean savePng16;

    @Option(names = "--ffmpeg", paramLabel = "FILE", description = "The program ffmpeg, if it is not on the PATH.")
    private Path ffmpeg;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        look.check(spec);
        model.check(spec);
        where.check(spec);
        ValueRange range = values.check(spec);
        VideoArguments.checkRate(spec, fps);
        ClipFrames frames = ClipSource.find(videoPath, () -> ffmpeg("Reading " + videoPath));
        if (fps != null && frames.isFilm()) {
            throw new FathomException("--fps is for numbered pictures, but " + videoPath + " is a film with its own "
                    + frames.rate() + " frames a second; leave it out.");
        }
        ClipResult result = new ClipResult(frames, outdir, format, fps == null ? USUAL_RATE : fps, this::ffmpeg);
        result.refuseToReplace(videoPath);
        Picture first = first(frames);
        DeviceChoice choice = where.choose();
        Rehearsal rehearsal = Rehearsal.startFor(choice.device());
        try (rehearsal; ModelFile file = model.open(); MemoryScope scope = MemoryScope.open("model")) {
            out().println(choice);
            DepthAnythingV2 network = model.load(file, choice.device());
            try (DepthEstimator estimator = new DepthEstimator(network, model.inputSize, model.precision)) {
                NetworkSize size = estimator.networkSize(first);
                estimator.requireFits(first, "The clip " + frames.name());
                OutputFolder.make(outdir);
                String sha256 = ContentHash.of(file.path()).hex();
                try (MapSpool spool = spool(frames, first, size, network.head(), sha256)) {
                    Provenance about = new Provenance(model.describeUse(file), sha256, "Depth Anything V2: lower bound,"
                            + " multiple of 14, cubic, ImageNet normalisation, " + size, frames.name());
                    rehearsal.close();
                    return new ClipRun(spec, new ClipRun.Wishes(look, values, range, saveNumpy, savePng16), frames, first,
                            estimator, network.head(), spool, result, about).make();
                }
            }
        }
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private Ffmpeg ffmpeg(String why) {
        return Ffmpeg.find(ffmpeg, System.getenv("PATH"), why);
    }

    private static Picture first(ClipFrames frames) {
        try (ClipFrames.Reader reader = frames.open(0)) {
            return reader.next();
        }
    }

    private MapSpool spool(ClipFrames frames, Picture first, NetworkSize size, DepthHead head, String sha256) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("clip", frames.name());
        about.put("frame_size", first.width() + " x " + first.height());
        about.put("model", sha256);
        about.put("head", head.kind() + (head instanceof DepthHead.Metric metric ? " " + metric.maxDepth() : ""));
        about.put("input_size", size.toString());
        about.put("precision", model.precision.toString());
        about.put("storage", values.storage.name().toLowerCase(Locale.ROOT));
        return MapSpool.open(outdir.resolve(frames.name() + ".unfinished"), about, size, values.storage,
                values.restart);
    }
}
