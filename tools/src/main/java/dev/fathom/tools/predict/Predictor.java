package dev.fathom.tools.predict;

import dev.fathom.engine.memory.DeadArrays;
import dev.fathom.models.calibration.Calibration;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.models.image.Preprocess;
import dev.fathom.tools.calibrate.AppliedCalibration;
import dev.fathom.tools.output.NpyFile;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.tools.output.PfmFile;
import dev.fathom.tools.output.PngFile;
import dev.fathom.tools.output.Provenance;
import dev.fathom.tools.tiles.TiledEstimator;
import dev.fathom.tools.tiles.Tiling;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Runs a model over pictures and writes the results. */
public final class Predictor {
    /**
     * What is written for each picture.
     *
     * @param predictionOnly the coloured depth alone instead of photo | depth
     * @param palette of the coloured picture; null for gray
     * @param npy float32 values as .npy, {@code pfm} as .pfm, {@code png16} as a 16-bit PNG
     */
    public record Outputs(boolean predictionOnly, Palette palette, boolean npy, boolean png16, boolean pfm) {
    }

    /**
     * A picture that was read.
     *
     * @param input for the network; null where it would be so large that it first has to be seen whether it fits, and
     *     where the photo is cut into tiles
     */
    private record Read(Picture photo, NetworkSize size, float[] input) {
    }

    /** @param how how the picture was brought to the network, for the files' metadata */
    private record Estimated(Picture photo, String how, DepthMap map) {
    }

    /** Numbers in the network's input, 3 a pixel, beyond which it is made only when it was found to fit: 64 MiB. */
    private static final long LARGE_INPUT = 1 << 24;
    /**
     * Bytes a pixel of the photo while it is in work: 3 as the decoder gives it, 3 as a picture, 4 a depth, 4 a depth
     * in a file's order; some to spare.
     */
    private static final long BYTES_A_PIXEL = 16;
    /** Pictures in work together take at most this part of Java's memory. */
    private static final int SHARE_OF_MEMORY = 4;
    /** After pictures of so many bytes the heap is tidied. */
    private static final long COLLECT_AFTER = 1 << 29;
    /** Threads on each side of the network, at most: more would wait for the disk. */
    private static final int MOST_THREADS = 8;

    private final DepthEstimator estimator;
    private final String modelName;
    private final String modelSha256;
    private final Outputs outputs;
    private final Path folder;
    private final AppliedCalibration calibration;
    private final AtomicLong pixels = new AtomicLong();
    private final AtomicLong holes = new AtomicLong();
    private Tiling tiling;
    private Consumer<String> underWay;
    private Consumer<String> told;

    /**
     * @param modelName for people, in the files' metadata
     * @param modelSha256 of the weights file
     * @param folder where results go; made if needed
     * @param calibration what makes metres of a relative model's numbers; null to write these
     */
    public Predictor(DepthEstimator estimator, String modelName, String modelSha256, Outputs outputs,
            Path folder, AppliedCalibration calibration) {
        this.estimator = estimator;
        this.modelName = modelName;
        this.modelSha256 = modelSha256;
        this.outputs = outputs;
        this.folder = folder;
        this.calibration = calibration;
    }

    /** Which part of all pixels so far has no depth because the calibration does not cover it. */
    public double shareOfHoles() {
        return pixels.get() == 0 ? 0 : (double) holes.get() / pixels.get();
    }

    /**
     * Photos larger than a tile are cut into tiles.
     *
     * @param progress gets a few words after each tile
     * @param results  gets a line about each such photo: how well its tiles agree
     */
    public void tiled(Tiling how, Consumer<String> progress, Consumer<String> results) {
        tiling = how;
        underWay = progress;
        told = results;
    }

    /** One picture to its files, on the calling thread and the cores that it may use. */
    public void predict(InputPictures.Input input) {
        write(input, estimate(input, read(input)));
    }

    /**
     * Many pictures, reading and writing of some while the network is at another.
     *
     * @param ended called after each picture, done or failed, on any thread
     */
    public Pipeline<?, ?> pipeline(List<InputPictures.Input> inputs, IntConsumer ended) {
        int processors = Runtime.getRuntime().availableProcessors();
        return pipeline(inputs, inputs.size() == 1 ? 0 : Math.clamp(processors / 2, 1, MOST_THREADS), ended);
    }

    /** The same with so many threads on each side; 0 for one picture after the other. */
    public Pipeline<?, ?> pipeline(List<InputPictures.Input> inputs, int threads, IntConsumer ended) {
        DeadArrays dead = new DeadArrays(COLLECT_AFTER);
        return new Pipeline<>(new Pipeline.Stages<Read, Estimated>() {
            @Override
            public long bytes(int index) {
                return BYTES_A_PIXEL * PictureReader.pixels(inputs.get(index).file());
            }

            @Override
            public Read prepare(int index) {
                return read(inputs.get(index));
            }

            @Override
            public Estimated compute(int index, Read read) {
                return estimate(inputs.get(index), read);
            }

            @Override
            public void finish(int index, Estimated estimated) {
                write(inputs.get(index), estimated);
                dead.add(BYTES_A_PIXEL * estimated.photo.pixels());
            }
        }, inputs.size(), threads, Runtime.getRuntime().maxMemory() / SHARE_OF_MEMORY, ended);
    }

    private Read read(InputPictures.Input input) {
        Picture photo = PictureReader.read(input.file());
        NetworkSize size = estimator.networkSize(photo);
        boolean large = tiled(photo) || 3L * size.width() * size.height() > LARGE_INPUT;
        return new Read(photo, size, large ? null : Preprocess.normalised(photo, size));
    }

    private Estimated estimate(InputPictures.Input input, Read read) {
        Picture photo = read.photo;
        String name = "The picture " + input.file();
        if (tiled(photo)) {
            return inTiles(photo, name, read.size);
        }
        if (read.input == null) {
            return new Estimated(photo, read.size.toString(), estimator.estimate(photo, name));
        }
        estimator.requireFits(photo, name);
        return new Estimated(photo, read.size.toString(), estimator.estimate(read.input, read.size, photo.width(),
                photo.height()));
    }

    private boolean tiled(Picture photo) {
        return tiling != null && tiling.cuts(photo.width(), photo.height());
    }

    private Estimated inTiles(Picture photo, String name, NetworkSize size) {
        int count = tiling.grid(photo.width(), photo.height()).count();
        TiledEstimator tiles = new TiledEstimator(TiledEstimator.Network.of(estimator, name), tiling);
        TiledEstimator.Result result = tiles.estimate(photo, size, done -> underWay.accept("tile " + done
                + " of " + count));
        told.accept(name + ": " + result);
        return new Estimated(photo, "the whole at " + size + ", then " + tiling.describe(result.map().head()) + "; "
                + result.seams(), result.map());
    }

    /**
     * Everything that may stand behind the stem of a result's name, whatever is asked for and whatever the head. {@link
     * InputPictures} keeps all of it free for each picture, so that a name never depends on the options.
     */
    static final List<String> SUFFIXES = List.of(".png", "_raw_depth_meter.npy", "_raw_depth_meter.json", "_disp.npy",
            "_disp.json", "_16bit.png",
            ".pfm", ".json");

    private void write(InputPictures.Input input, Estimated estimated) {
        DepthMap map = estimated.map;
        Map<String, Object> calibrated = Map.of();
        if (calibration != null) {
            Calibration.Metres metres = calibration.apply(map);
            calibrated = calibration.fields(metres);
            map = metres.map();
            pixels.addAndGet(map.values().length);
            holes.addAndGet(metres.holes());
        }
        Provenance provenance = new Provenance(modelName, modelSha256,
                "Depth Anything V2: lower bound, multiple of 14, cubic, ImageNet"
                + " normalisation, " + estimated.how, input.file().getFileName().toString(), calibrated);
        Path stem = folder.resolve(input.stem().toString());
        OutputFolder.make(stem.toAbsolutePath().getParent());
        Palette palette = outputs.palette();
        DepthPicture picture = new DepthPicture(map, outputs.predictionOnly() ? null : estimated.photo, palette,
                calibration != null);
        PngFile.writeColour(file(stem, ".png"), picture.width(), picture.height(), picture,
                map.head(), (palette == null ? "gray" : palette.name()) + ", this picture's own minimum to maximum"
                + (calibration == null ? "" : ", holes black"), provenance);
        if (outputs.npy()) {
            NpyFile.write(file(stem, map.head() instanceof DepthHead.Metric ? "_raw_depth_meter.npy" : "_disp.npy"),
                    map, provenance);
        }
        if (outputs.png16()) {
            PngFile.write16(file(stem, "_16bit.png"), map, provenance);
        }
        if (outputs.pfm()) {
            PfmFile.write(file(stem, ".pfm"), map, provenance);
        }
    }

    private static Path file(Path stem, String suffix) {
        return stem.resolveSibling(stem.getFileName() + suffix);
    }
}
