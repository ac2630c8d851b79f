package dev.fathom.tools.video;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.image.ByteMap.Range;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.cli.ColourArguments;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.Interrupt;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.output.Provenance;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/**
 * One clip through all its passes: the network's maps onto the disk, what they have in common, the pictures; and what is
 * said on the way. Ctrl-C ends it after a frame, and what is whole stays.
 */
final class ClipRun {
    /**
     * What was asked for.
     *
     * @param range of values that the palette covers
     * @param saveNumpy also the values as .npy
     * @param savePng16 also the values as 16-bit PNG
     */
    record Wishes(ColourArguments look, VideoArguments values, ValueRange range, boolean saveNumpy, boolean savePng16) {
    }

    private final CommandSpec spec;
    private final Wishes wishes;
    private final ClipFrames frames;
    private final Picture first;
    private final DepthHead head;
    private final MapSpool spool;
    private final VideoRun run;
    private final ClipResult result;
    private final Provenance about;
    private final long start = System.nanoTime();
    private volatile boolean stopped;

    /**
     * @param spec of the command, which says where words go
     * @param first of the frames
     * @param head of the estimator's network
     * @param spool keeps the maps; stays the caller's, but is deleted at the end unless maps are to be kept
     * @param about the model and the clip
     */
    ClipRun(CommandSpec spec, Wishes wishes, ClipFrames frames, Picture first, DepthEstimator estimator, DepthHead head,
            MapSpool spool, ClipResult result, Provenance about) {
        this.spec = spec;
        this.wishes = wishes;
        this.frames = frames;
        this.first = first;
        this.head = head;
        this.spool = spool;
        this.run = new VideoRun(frames, estimator, head, spool, first.width(), first.height(), () -> stopped);
        this.result = result;
        this.about = about;
    }

    /** Does all of it; returns the command's exit code. */
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
        return MapSpool.recordBytes(spool.mapSize(), wishes.values.storage);
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
            clip = run.analyse(wishes.values.smooth, progress::to);
        }
        if (clip == null) {
            return stoppedLate("nothing");
        }
        say(clip);
        Range range = run.range(clip, wishes.range);
        out().println("one range for all frames: " + range.low() + " to " + range.high() + " ("
                + head.unit() + "; " + wishes.range + ")");
        Palette palette = wishes.look.palette(head);
        String colours = (palette == null ? "gray" : palette.name()) + ", " + range.low() + " to " + range.high();
        result.makeFolders(wishes.saveNumpy || wishes.savePng16);
        ClipOutput output = result.output(head, colours, out()::println);
        VideoRun.Numbers numbers = wishes.saveNumpy || wishes.savePng16
                ? new VideoRun.Numbers(result.folder(), wishes.saveNumpy, wishes.savePng16) : null;
        try (Progress progress = Progress.start("Writing", count, "frames")) {
            if (!run.write(output, clip, range, wishes.look.predOnly, palette, numbers, index -> provenance(clip, index),
                    progress::to)) {
                return stoppedLate(result.isFilm() ? "no film" : "some of the frames");
            }
        }
        ClipReport.write(result.page(), provenance(clip, -1), head, clip, first.width(), first.height(),
                result.rate(), range, wishes.range, colours, wishes.values.smooth);
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
                + (wishes.values.smooth > 0 ? "; after smoothing " + clip.after() : ""));
    }

    private boolean stoppedLate(String written) {
        out().println("stopped: all maps wait in " + spool.folder() + ", written so far: " + written + "; the same"
                + " command goes on from there");
        return false;
    }

    private void tidy() {
        if (wishes.values.keepMaps) {
            out().println("the network's maps stay in " + spool.folder());
        } else {
            spool.delete();
        }
    }

    /** Of a frame, or of the whole clip where the index is below 0. */
    private Provenance provenance(ClipAnalysis clip, int index) {
        String how = about.preprocessing();
        if (wishes.values.smooth > 0) {
            how += String.format(Locale.ROOT, "; smoothed over the clip with strength %s", wishes.values.smooth)
                    + (index < 0 ? "" : String.format(Locale.ROOT, ": %s x value %+g",
                    clip.steps().get(index).scale(), clip.steps().get(index).shift()));
        }
        return new Provenance(about.model(), about.modelSha256(), how, index < 0 ? about.source()
                : frames.describe(index));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
