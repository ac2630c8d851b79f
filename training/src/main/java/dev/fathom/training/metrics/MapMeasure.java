package dev.fathom.training.metrics;

import dev.fathom.engine.errors.FathomException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Measures that need the map, not only its pixels: whether edges are where they should be, how alike pictures look. */
public enum MapMeasure implements Measure {
    /** {@link BoundaryScore}. */
    BOUNDARY_F1("boundary_f1", Family.BOUNDARY, true, "", "Depth Pro's scale-invariant boundary F1: harmonic mean of"
            + " precision and recall of the neighbours whose depths differ by more than a factor, 1.05 to 1.25"),
    BOUNDARY_PRECISION("boundary_precision", Family.BOUNDARY, true, "", "share of the predicted depth edges that are true"
            + " ones, over the same factors"),
    BOUNDARY_RECALL("boundary_recall", Family.BOUNDARY, true, "", "share of the true depth edges that are predicted, over"
            + " the same factors (not Depth Pro's recall against a mask)"),
    /** {@link EightBitScore}. */
    RMSE_8BIT("rmse_8bit", Family.EIGHT_BIT, false, "", "square root of the mean squared difference of the maps as 8-bit"
            + " pictures, each divided by its largest value and cut to 0..255"),
    PSNR_8BIT("psnr_8bit", Family.EIGHT_BIT, true, "dB", "10 log10(255^2 / mean squared difference) of these pictures, as"
            + " scikit-image's peak_signal_noise_ratio"),
    SSIM_8BIT("ssim_8bit", Family.EIGHT_BIT, true, "", "structural similarity of these pictures, as scikit-image's"
            + " structural_similarity by default: 7x7 windows");

    /** Measures that are computed together; what {@code --measures} names. */
    public enum Family {
        /** Depth edges. */
        BOUNDARY,
        /** The maps as 8-bit grey pictures. */
        EIGHT_BIT;

        /** As it is written on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /**
         * Families from {@code boundary,eight-bit}.
         *
         * @throws FathomException if there is none of a name
         */
        public static List<Family> parse(String words) {
            List<Family> families = new ArrayList<>();
            for (String word : words.split(",")) {
                Family family = Arrays.stream(values()).filter(f -> f.toString().equals(word.strip())).findFirst()
                        .orElseThrow(() -> new FathomException("'" + word.strip() + "' is not a family of measures;"
                                + " expected " + Arrays.stream(values()).map(Family::toString)
                                .collect(Collectors.joining(" or ")) + ", or both with a comma."));
                if (!families.contains(family)) {
                    families.add(family);
                }
            }
            return families;
        }

        /** Its measures. */
        public List<MapMeasure> measures() {
            return Arrays.stream(MapMeasure.values()).filter(m -> m.family == this).toList();
        }

        /**
         * Measures one map.
         *
         * @param prediction [H,W], depth in the truth's unit
         * @param truth [H,W], depth; 0 or less where there is none or it does not count
         * @return NaN where the map has nothing to measure by
         */
        public Map<MapMeasure, Double> measure(float[] prediction, float[] truth, int width, int height) {
            if (prediction.length != width * height || truth.length != width * height) {
                throw new IllegalArgumentException(prediction.length + " predicted and " + truth.length
                        + " true depths of a map of " + width + " x " + height);
            }
            Map<MapMeasure, Double> values = new EnumMap<>(MapMeasure.class);
            switch (this) {
                case BOUNDARY -> {
                    BoundaryScore score = BoundaryScore.of(prediction, truth, width, height);
                    values.put(BOUNDARY_F1, score.f1());
                    values.put(BOUNDARY_PRECISION, score.precision());
                    values.put(BOUNDARY_RECALL, score.recall());
                }
                case EIGHT_BIT -> {
                    EightBitScore score = EightBitScore.ofDepths(prediction, truth, width, height);
                    values.put(RMSE_8BIT, score.rmse());
                    values.put(PSNR_8BIT, score.psnr());
                    values.put(SSIM_8BIT, score.ssim());
                }
            }
            return values;
        }
    }

    private final String key;
    private final Family family;
    private final boolean higherIsBetter;
    private final String unit;
    private final String description;

    MapMeasure(String key, Family family, boolean higherIsBetter, String unit, String description) {
        this.key = key;
        this.family = family;
        this.higherIsBetter = higherIsBetter;
        this.unit = unit;
        this.description = description;
    }

    @Override
    public String key() {
        return key;
    }

    /** What it is computed with. */
    public Family family() {
        return family;
    }

    @Override
    public boolean higherIsBetter() {
        return higherIsBetter;
    }

    @Override
    public String unit() {
        return unit;
    }

    @Override
    public String description() {
        return description;
    }
}
