package dev.fathom.training.evaluation;

import dev.fathom.training.data.DepthSample;
import dev.fathom.training.evaluation.scoring.Fit;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.MapMeasure;
import dev.fathom.training.metrics.Measure;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * One image's values.
 *
 * @param index its number in the data set
 * @param name its file
 * @param width columns at the original resolution, {@code height} rows
 * @param metrics empty if the image was skipped
 * @param maps measures of the whole map that were asked for; empty if the image was skipped
 * @param repaired depths of the file that were NaN, negative or infinite and became holes
 * @param fit what aligned the prediction; empty where nothing was fitted
 * @param missing pixels that count and have no prediction
 * @param skipped why; empty if it was measured
 */
public record ImageResult(int index, String name, int width, int height, Optional<DepthMetrics> metrics,
        Map<MapMeasure, Double> maps, int repaired, Optional<Fit> fit, int missing, Optional<String> skipped) {

    /** An image to which nothing was fitted. */
    public ImageResult(int index, String name, int width, int height, Optional<DepthMetrics> metrics, int repaired) {
        this(index, name, width, height, metrics, Map.of(), repaired, Optional.empty(), 0, Optional.empty());
    }

    /**
     * What remains of a scored image without its maps.
     *
     * @param families measures of the whole map that are wanted
     */
    static ImageResult of(int index, DepthSample sample, Scored scored, List<MapMeasure.Family> families) {
        Map<MapMeasure, Double> maps = new EnumMap<>(MapMeasure.class);
        if (scored.skipped().isEmpty()) {
            families.forEach(family -> maps.putAll(family.measure(scored.prediction(), scored.truth(), scored.width(),
                    scored.height())));
        }
        return new ImageResult(index, sample.name(), sample.width(), sample.height(), scored.metrics(), maps,
                sample.repaired(), scored.fit(), scored.missing(), scored.skipped());
    }

    /** One value; empty if the image was skipped, or if this was not asked for. NaN where it is not defined. */
    public OptionalDouble value(Measure measure) {
        if (measure instanceof DepthMetric metric) {
            return metrics.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(metrics.get().get(metric));
        }
        Double value = maps.get(measure);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }
}
