package dev.fathom.training.evaluation.protocol;

import dev.fathom.engine.errors.FathomException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The ways in which the field's tables are made, as presets of {@link Protocol}'s choices. Zero-shot or in-domain says
 * what a model was trained on, which an evaluation cannot check: the numbers are computed alike.
 */
public enum NamedProtocol {
    /** What Depth Anything V2's trainer prints after an epoch. */
    TRAINER("as Depth Anything V2's trainer: nothing is aligned, cropped, clamped or mirrored", Alignment.NONE, false,
            false, false),
    /** MiDaS's and Depth Anything's tables of relative models on sets they were not trained on. */
    ZERO_SHOT_RELATIVE("relative models on sets they did not see: scale and shift fitted in disparity by least squares,"
            + " clamped; crop and range of the data set", Alignment.AFFINE_DISPARITY, true, false, true),
    /** ZoeDepth's, for sets that a metric model was not trained on. */
    ZERO_SHOT_METRIC("metric models on sets they did not see: clamped, averaged with the mirrored image; crop and range of"
            + " the data set (ZoeDepth)", Alignment.NONE, true, true, true),
    /** ZoeDepth's, for the set that a metric model was fine-tuned on: Depth Anything's table 4. */
    IN_DOMAIN_METRIC("metric models on the set they were fine-tuned on: clamped, averaged with the mirrored image; crop and"
            + " range of the data set (ZoeDepth)", Alignment.NONE, true, true, true),
    /** Monodepth2's, for the set that a model known up to scale was trained on. */
    IN_DOMAIN_RELATIVE("models known up to scale on the set they were trained on: medians made equal, clamped; crop and"
            + " range of the data set (Monodepth2)", Alignment.MEDIAN, true, false, true);

    private final String description;
    private final Alignment alignment;
    private final boolean clamp;
    private final boolean flipAverage;
    private final boolean usesData;

    NamedProtocol(String description, Alignment alignment, boolean clamp, boolean flipAverage, boolean usesData) {
        this.description = description;
        this.alignment = alignment;
        this.clamp = clamp;
        this.flipAverage = flipAverage;
        this.usesData = usesData;
    }

    /** What it is, in one line. */
    public String description() {
        return description;
    }

    /** The default of {@code --align}; what is fitted is fitted by least squares unless asked otherwise. */
    public Alignment alignment() {
        return alignment;
    }

    /** The default of {@code --clamp}. */
    public boolean clamp() {
        return clamp;
    }

    /** The default of {@code --flip-average}. */
    public boolean flipAverage() {
        return flipAverage;
    }

    /** Whether crop and range are by default what the field uses with the data set: {@link DataDefaults}. */
    public boolean usesData() {
        return usesData;
    }

    /** @throws FathomException if there is none of this name */
    public static NamedProtocol of(String name) {
        return Arrays.stream(values()).filter(p -> p.toString().equals(name)).findFirst().orElseThrow(() ->
                new FathomException("--protocol is " + name + ", but must be " + String.join(", ", names()) + "."));
    }

    /** All names. */
    public static List<String> names() {
        return Arrays.stream(values()).map(NamedProtocol::toString).toList();
    }

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
