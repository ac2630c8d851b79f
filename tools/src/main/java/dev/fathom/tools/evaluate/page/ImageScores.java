package dev.fathom.tools.evaluate.page;

import dev.fathom.training.metrics.Measure;
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
    /** One value; NaN where there is none. */
    double get(Measure measure) {
        Double value = values.get(measure);
        return value == null ? Double.NaN : value;
    }
}
