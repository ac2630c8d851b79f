package dev.fathom.tools.predict;

import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tools.output.NpyFile;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.tools.output.PfmFile;
import dev.fathom.tools.output.PngFile;
import dev.fathom.tools.output.Provenance;
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
    public Predictor(DepthEstimator estimator, DepthHead head, String modelName, String modelSha256, Outputs outputs,
            Path folder) {
        this.estimator = estimator;
        this.head = head;
        this.modelName = modelName;
        this.modelSha256 = modelSha256;
        this.outputs = outputs;
        this.folder = folder;
    }

    /** One picture to its files, which are returned. */
    public List<Path> predict(InputPictures.Input input) {
        Picture photo = PictureReader.read(input.file());
        DepthMap map = estimator.estimate(photo, "The picture " + input.file());
        Provenance provenance = new Provenance(modelName, modelSha256,
                "Depth Anything V2: lower bound, multiple of 14, cubic, ImageNet"
                + " normalisation, " + estimator.networkSize(photo), input.file().getFileName().toString());
        return write(input, photo, map, provenance);
    }

    /**
     * Everything that may stand behind the stem of a result's name, whatever is asked for and whatever the head. {@link
     * InputPictures} keeps all of it free for each picture, so that a name never depends on the options.
     */
    static final List<String> SUFFIXES = List.of(".png", "_raw_depth_meter.npy", "_raw_depth_meter.json", "_disp.npy",
            "_disp.json", "_16bit.png",
            ".pfm", ".json");

    private List<Path> write(InputPictures.Input input, Picture photo, DepthMap map, Provenance provenance) {
        Path stem = folder.resolve(input.stem().toString());
        OutputFolder.make(stem.toAbsolutePath().getParent());
        List<Path> written = new ArrayList<>();
        Palette palette = outputs.palette();
        Picture depth = DepthPicture.of(map, palette);
        Path png = add(written, stem, ".png");
        PngFile.writeColour(png, outputs.predictionOnly() ? depth : DepthPicture.beside(photo, depth), head,
                (palette == null ? "gray" : palette.name()) + ", this picture's own minimum to maximum", provenance);
        if (outputs.npy()) {
            NpyFile.write(add(written, stem, head instanceof DepthHead.Metric ? "_raw_depth_meter.npy" : "_disp.npy"),
                    map, provenance);
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
}
