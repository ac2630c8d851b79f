package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.NyuHdf5Dataset;
import java.util.List;
import java.util.Map;

/** All data sets that Fathom reads, by name. */
public final class DatasetFormats {
    /** What {@code --data DIR} is short for. */
    public static final String NYU_H5 = "nyu-h5";

    private static final List<DatasetFormat> ALL = List.of(
            new DatasetFormat(NYU_H5, "a folder of .h5 files, one frame each: rgb (3,H,W) uint8, depth (H,W) metres",
                    Map.of(), spec -> NyuHdf5Dataset.list(spec.path())),
            NyuLabeled.FORMAT, NyuPng.FORMAT, Kitti.FORMAT, SunRgbd.FORMAT, Hypersim.FORMAT, Vkitti2.FORMAT,
            Pairs.FORMAT, OrdinalDataset.FORMAT);

    private DatasetFormats() {
    }

    /** Every format. */
    public static List<DatasetFormat> all() {
        return ALL;
    }

    /** Every format's name. */
    public static List<String> names() {
        return ALL.stream().map(DatasetFormat::name).toList();
    }

    /** @throws FathomException if there is none of this name */
    public static DatasetFormat named(String name) {
        return ALL.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow(() -> new FathomException(
                "There is no kind of data set named '" + name + "'; expected one of " + String.join(", ", names())
                        + "."));
    }

    /** Opens what a user typed, and reads the first frame to see that this is it. */
    public static DepthDataset open(DatasetSpec spec) {
        return open(spec, 1);
    }

    /**
     * Opens what a user typed.
     *
     * @param looks how many frames to try; where none can be used, the first one's failure is thrown
     */
    public static DepthDataset open(DatasetSpec spec, int looks) {
        DepthDataset data = spec.format().opener().apply(spec);
        data.pixelsOfFirstUsable(looks);
        return data;
    }
}
