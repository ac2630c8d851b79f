package dev.fathom.tools.predict;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.depthanything.MemoryForecast;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tools.output.NpyFile;
import dev.fathom.tools.output.PfmFile;
import dev.fathom.tools.output.PngFile;
import dev.fathom.tools.output.Provenance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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

    private final DepthEstimator estimator;
    private final ModelConfig config;
    private final DepthHead head;
    private final String modelName;
    private final String modelSha256;
    private final Outputs outputs;
    private final Path folder;

    /**
     * @param modelName for people, in the files' metadata
     * @param modelSha256 of the weights file
     * @param folder where results go; made if needed
     */
    public Predictor(DepthEstimator estimator, ModelConfig config, DepthHead head, String modelName, String modelSha256, Outputs outputs,
            Path folder) {
        this.estimator = estimator;
        this.config = config;
        this.head = head;
        this.modelName = modelName;
        this.modelSha256 = modelSha256;
        this.outputs = outputs;
        this.folder = folder;
    }

    /** One picture to its files, which are returned. */
    public List<Path> predict(InputPictures.Input input) {
        Picture photo = PictureReader.read(input.file());
        NetworkSize size = estimator.networkSize(photo);
        MemoryForecast.of(config, size).requireFits(input.file().toString(), size);
        DepthMap map = estimator.estimate(photo);
        Provenance provenance = new Provenance(modelName, modelSha256,
                "Depth Anything V2: lower bound, multiple of 14, cubic, ImageNet normalisation, " + size, input.file().getFileName().toString());
        return write(input, photo, map, provenance);
    }

    private List<Path> write(InputPictures.Input input, Picture photo, DepthMap map, Provenance provenance) {
        Path stem = folder.resolve(input.stem().toString());
        makeFolder(stem.toAbsolutePath().getParent());
        List<Path> written = new ArrayList<>();
        Palette palette = outputs.palette();
        Picture depth = DepthPicture.of(map, palette);
        Path png = add(written, stem, ".png");
        PngFile.writeColour(png, outputs.predictionOnly() ? depth : DepthPicture.beside(photo, depth), head,
                (palette == null ? "gray" : palette.name()) + ", this picture's own minimum to maximum", provenance);
        if (outputs.npy()) {
            NpyFile.write(add(written, stem, head instanceof DepthHead.Metric ? "_raw_depth_meter.npy" : "_disp.npy"), map, provenance);
        }
        if (outputs.png16()) {
            PngFile.write16(add(written, stem, "_16bit.png"), map, provenance);
        }
        if (outputs.pfm()) {
            PfmFile.write(add(written, stem, ".pfm"), map, provenance);
        }
        return written;
    }

    private static Path add(List<Path> written, Path stem, String suffix) {
        Path file = stem.resolveSibling(stem.getFileName() + suffix);
        written.add(file);
        return file;
    }

    /** Makes a folder for results, or says in one sentence why not. */
    public static void makeFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new FathomException("cannot make the output folder " + folder + " (" + e.getClass().getSimpleName()
                    + "); choose another with --outdir", e);
        }
        if (!Files.isWritable(folder)) {
            throw new FathomException("the output folder " + folder + " is not writable; choose another with --outdir");
        }
    }
}
