package dev.fathom.training.evaluation.protocol;

import java.util.Optional;

/**
 * The crop and the range that the field's tables use with a data set.
 *
 * @param crop where pixels count
 * @param max metres; empty where tables agree on none
 */
public record DataDefaults(Crop crop, Optional<Float> max) {
    /** Metres: what every table uses. */
    public static final float MIN = 1e-3f;

    private static final DataDefaults NYU = new DataDefaults(Crop.of(Crop.Kind.EIGEN_NYU), Optional.of(10f));
    private static final DataDefaults KITTI = new DataDefaults(Crop.of(Crop.Kind.GARG), Optional.of(80f));
    private static final DataDefaults OTHER = new DataDefaults(Crop.NONE, Optional.empty());

    /** @param format the data set's name on the command line: {@code nyu-labeled} */
    public static DataDefaults of(String format) {
        return format.startsWith("nyu-") ? NYU : format.equals("kitti") ? KITTI : OTHER;
    }
}
