package dev.fathom.tools.data;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.Palette;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.PictureSize;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.report.DepthPanel;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.synth.HoleSettings;
import dev.fathom.training.synth.SynthDataset;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code fathom synth}: renders a data set. */
@Command(name = "synth", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Render furnished rooms with exact depth, as a data set in NYU's layout.", "",
        "Writes one HDF5 file a room: rgb (3,H,W) uint8 and depth (H,W) float32, planar depth in metres. The same seed "
            + "always gives the same rooms."},
    footer = {"", "Example: fathom synth --out rooms --count 200 --val 40 --seed 7"})
public final class SynthCommand implements Callable<Integer> {
    private static final int PREVIEW_ROOMS = 4;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write to; made if need be.")
    private Path out;

    @Option(names = "--count", required = true, paramLabel = "N", description = "How many rooms.")
    private int count;

    @Option(names = "--val", defaultValue = "0", paramLabel = "M",
        description = "How many more rooms to keep apart for validation. The rooms then go to DIR/train and DIR/val.")
    private int val;

    @Option(names = "--seed", defaultValue = "0", paramLabel = "S", description =
        "Names the data set; default ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--size", defaultValue = "320x240", paramLabel = "WxH", converter = PictureSize.Converter.class,
        description = "Size of the pictures in pixels; default ${DEFAULT-VALUE}.")
    private PictureSize size;

    @Option(names = "--holes", arity = "0..1", fallbackValue = "0.5", defaultValue = "0", paramLabel = "SHARE",
        description = "Leave holes (depth 0) where a Kinect would, 0 to 1: 0 (default) none, ${FALLBACK-VALUE} if no "
            + "number is given.")
    private double holes;

    @Option(names = "--preview", description = "Also draw the first rooms and their depth to DIR/preview.png.")
    private boolean preview;

    @Option(names = "--overwrite", description = "Remove the .h5 files that are in the folder already.")
    private boolean overwrite;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        check();
        long start = System.nanoTime();
        HoleSettings holeSettings = new HoleSettings(holes);
        SynthDataset train = new SynthDataset(seed, 0, count, size.width(), size.height(), holeSettings);
        write(train, val > 0 ? out.resolve("train") : out);
        if (val > 0) {
            write(new SynthDataset(seed, count, val, size.width(), size.height(), holeSettings), out.resolve("val"));
        }
        if (preview) {
            drawPreview(train);
        }
        PrintWriter console = spec.commandLine().getOut();
        console.printf(Locale.ROOT, "Wrote %d rooms of %s pixels (seed %d%s) to %s in %s.%n", count + val, size, seed,
            holes > 0 ? ", with holes" : "", val > 0 ? out.resolve("train") + " and " + out.resolve("val") : out,
            Durations.words((System.nanoTime() - start) / 1e9));
        return 0;
    }

    private void check() {
        require(count >= 1, "--count is " + count + ", but there must be at least 1 room.");
        require(val >= 0, "--val is " + val + ", but a number of rooms is not negative.");
        require((long) count + val <= 10_000_000, "--count and --val make " + ((long) count + val)
            + " rooms; at most 10000000 are numbered.");
        require(holes >= 0 && holes <= 1, "--holes is " + holes + ", but it is a share from 0 to 1.");
        int least = SynthDataset.SMALLEST_SIDE;
        int most = SynthDataset.LARGEST_SIDE;
        require(Math.min(size.width(), size.height()) >= least && Math.max(size.width(), size.height()) <= most,
            "--size is " + size + ", but each side must be " + least + " to " + most + " pixels.");
    }

    private void require(boolean condition, String sentence) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), sentence);
        }
    }

    private void write(SynthDataset rooms, Path folder) {
        makeRoom(folder);
        String what = "Rendering" + (val > 0 ? " " + folder.getFileName() : "");
        try (Progress progress = Progress.start(what, rooms.size(), "rooms")) {
            rooms.writeTo(folder, progress::to);
        }
    }

    /**
     * A data set is every file of its folder, so files of an earlier run must not stay among the new ones unnoticed.
     */
    private void makeRoom(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> old = files.filter(f -> f.getFileName().toString().endsWith(".h5")).toList();
            if (!old.isEmpty() && !overwrite) {
                throw new FathomException(folder + " already holds " + old.size()
                    + " .h5 files, and a data set is every file of "
                    + "its folder; choose another folder, or add --overwrite to remove them.");
            }
            for (Path file : old) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new FathomException("Cannot look through or empty the folder " + folder + ": " + e.getMessage()
                + ". Choose one that may be read and written.", e);
        }
    }

    private void drawPreview(SynthDataset rooms) {
        DepthPanel panel = new DepthPanel(Palette.named("viridis")).title("Synthetic rooms")
            .subtitle("seed " + seed + ", " + size + " pixels; planar depth in metres");
        for (int i = 0; i < Math.min(PREVIEW_ROOMS, rooms.size()); i++) {
            DepthSample sample = rooms.sample(i);
            panel.add(sample.name(), sample.picture(), sample.depth(), null);
        }
        panel.save(out.resolve("preview.png"));
    }
}
