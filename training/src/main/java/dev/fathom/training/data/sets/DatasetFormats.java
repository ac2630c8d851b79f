package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.NyuHdf5Dataset;
import java.util.List;
import java.util.Map;

/** All data sets that Fathom reads, by name. */
public final class DatasetFormats {
    private static final List<DatasetFormat> ALL = List.of(
            new DatasetFormat("nyu-h5", "a folder of .h5 files, one frame each: rgb (3,H,W) uint8, depth (H,W) metres",
                    Map.of(), spec -> NyuHdf5Dataset.open(spec.path())));

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

    /** Opens what a user typed. */
    public static DepthDataset open(DatasetSpec spec) {
        return spec.format().opener().apply(spec);
    }
}
