package dev.fathom.tools.video;

import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.Rehearsal;
import dev.fathom.models.image.ByteMap.Range;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.cli.ColourArguments;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.Interrupt;
import dev.fathom.tools.cli.ModelArguments;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.tools.output.Provenance;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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

    private volatile boolean stopped;

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
                    VideoRun run = new VideoRun(frames, estimator, network.head(), spool, first.width(), first.height(),
                            () -> stopped);
                    Provenance about = new Provenance(model.describeUse(file), sha256, "Depth Anything V2: lower bound,"
                            + " multiple of 14, cubic, ImageNet normalisation, " + size, frames.name());
                    rehearsal.close();
                    return new Clip(frames, first, network.head(), spool, run, result, about, range).make();
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

    /** One clip and everything about it. */
    private final class Clip {
        private final ClipFrames frames;
        private final Picture first;
        private final DepthHead head;
        private final MapSpool spool;
        private final VideoRun run;
        private final ClipResult result;
        private final Provenance about;
        private final ValueRange wanted;
        private final long start = System.nanoTime();

        Clip(ClipFrames frames, Picture first, DepthHead head, MapSpool spool, VideoRun run, ClipResult result,
                Provenance about, ValueRange wanted) {
            this.frames = frames;
            this.first = first;
            this.head = head;
            this.spool = spool;
            this.run = run;
            this.result = result;
            this.about = about;
            this.wanted = wanted;
        }

        int make() {
            out().println(about.model() + ", " + head.kind() + " (" + head.unit() + ", " + head.polarity() + ")");
            String count = !frames.isFilm() ? frames(frames.about()) : frames.about() == 0
                    ? "frames (the film does not say how many)" : "about " + frames(frames.about());
            out().println(frames.name() + ": " + count + " of " + first.width() + " x " + first.height()
                    + " pixels, seen by the network at " + spool.mapSize());
            if (frames instanceof PictureFrames pictures) {
                pictures.gap().ifPresent(out()::println);
            }
            int there = run.resume();
            if (there > 0) {
                out().println("going on after frame " + there + ": the maps so far are there");
            }
            requireRoom();
            try (Interrupt interrupt = Interrupt.calls(this::stop)) {
                boolean whole = estimate() && finish();
                return whole ? 0 : interrupt.exitCode();
            }
        }

        private static String frames(int count) {
            return count == 1 ? "1 frame" : count + " frames";
        }

        private void stop() {
            stopped = true;
            spec.commandLine().getErr().println("Stopping after this frame; Ctrl-C once more ends at once.");
        }

        private long frameBytes() {
            return MapSpool.recordBytes(spool.mapSize(), values.storage);
        }

        /** Says in time if the disk is too small for the maps. */
        private void requireRoom() {
            long needed = frameBytes() * Math.max(0, frames.about() - spool.size());
            try {
                long free = Files.getFileStore(spool.folder()).getUsableSpace();
                if (needed > free) {
                    throw new FathomException("The maps of " + frames(frames.about()) + " need "
                            + Durations.bytes(needed) + " in " + spool.folder() + ", but " + Durations.bytes(free)
                            + " are free there; make room, take --spool float16 (half of it) or a smaller"
                            + " --input-size, or choose another --outdir.");
                }
            } catch (IOException e) {
                throw new FathomException("The disk of " + spool.folder() + " cannot be asked for its room ("
                        + e.getMessage() + "); check it.", e);
            }
        }

        private boolean estimate() {
            try (Progress progress = Progress.start("Estimating", frames.about(), "frames")) {
                progress.note(Durations.bytes(frameBytes()) + " a frame on disk");
                if (run.estimate(progress::to)) {
                    return true;
                }
            }
            out().println("stopped: the maps of " + spool.size() + " of " + frames.about() + " frames wait in "
                    + spool.folder() + "; the same command goes on from there");
            return false;
        }

        private boolean finish() {
            int count = spool.size();
            ClipAnalysis clip;
            try (Progress progress = Progress.start("Comparing", count, "frames")) {
                clip = run.analyse(values.smooth, progress::to);
            }
            if (clip == null) {
                return stoppedLate("nothing");
            }
            say(clip);
            Range range = run.range(clip, wanted);
            out().println("one range for all frames: " + range.low() + " to " + range.high() + " ("
                    + head.unit() + "; " + wanted + ")");
            Palette palette = look.palette(head);
            String colours = (palette == null ? "gray" : palette.name()) + ", " + range.low() + " to " + range.high();
            result.makeFolders(saveNumpy || savePng16);
            ClipOutput output = result.output(head, colours, out()::println);
            VideoRun.Numbers numbers = saveNumpy || savePng16
                    ? new VideoRun.Numbers(result.folder(), saveNumpy, savePng16) : null;
            try (Progress progress = Progress.start("Writing", count, "frames")) {
                if (!run.write(output, clip, range, look.predOnly, palette, numbers, index -> provenance(clip, index),
                        progress::to)) {
                    return stoppedLate(result.isFilm() ? "no film" : "some of the frames");
                }
            }
            ClipReport.write(result.page(), provenance(clip, -1), head, clip, first.width(), first.height(),
                    result.rate(), range, wanted, colours, values.smooth);
            out().println(frames(count) + " done, results in " + output.describe() + " ("
                    + Durations.words((System.nanoTime() - start) / 1e9) + ")");
            tidy();
            return true;
        }

        private void say(ClipAnalysis clip) {
            if (!clip.cuts().isEmpty()) {
                out().println("scenes begin at frames 1, " + clip.cuts().stream().map(i -> Integer.toString(i + 1))
                        .collect(Collectors.joining(", ")));
            }
            out().println("flicker where the picture stands still: " + clip.before()
                    + (values.smooth > 0 ? "; after smoothing " + clip.after() : ""));
        }

        private boolean stoppedLate(String written) {
            out().println("stopped: all maps wait in " + spool.folder() + ", written so far: " + written + "; the same"
                    + " command goes on from there");
            return false;
        }

        private void tidy() {
            if (values.keepMaps) {
                out().println("the network's maps stay in " + spool.folder());
            } else {
                spool.delete();
            }
        }

        /** Of a frame, or of the whole clip where the index is below 0. */
        private Provenance provenance(ClipAnalysis clip, int index) {
            String how = about.preprocessing();
            if (values.smooth > 0) {
                how += String.format(Locale.ROOT, "; smoothed over the clip with strength %s", values.smooth)
                        + (index < 0 ? "" : String.format(Locale.ROOT, ": %s x value %+g",
                        clip.steps().get(index).scale(), clip.steps().get(index).shift()));
            }
            return new Provenance(about.model(), about.modelSha256(), how, index < 0 ? about.source()
                    : frames.describe(index));
        }
    }
}
