package dev.fathom.tools.evaluate.page;

import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.Measure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One image as one model did on it.
 *
 * @param index its number in the data set
 * @param name its file
 * @param pixels how many count; of ordinal measures, how many pairs
 * @param values by measure; empty if it was skipped
 * @param skipped why
 */
public record ImageScores(int index, String name, long pixels, Map<? extends Measure, Double> values,
        Optional<String> skipped) {
    /** An image of an evaluation. */
    public static ImageScores of(ImageResult image, List<Measure> measures) {
        Map<Measure, Double> values = new LinkedHashMap<>();
        measures.forEach(measure -> image.value(measure).ifPresent(value -> values.put(measure, value)));
        return new ImageScores(image.index(), image.name(), image.metrics().map(DepthMetrics::pixels).orElse(0L), values,
                image.skipped());
    }

    /** One value; NaN where there is none. */
    double get(Measure measure) {
        Double value = values.get(measure);
        return value == null ? Double.NaN : value;
    }
}
