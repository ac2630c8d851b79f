package dev.fathom.training.evaluation;

import dev.fathom.training.evaluation.scoring.Fit;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.metrics.DepthMetrics;
import java.util.Optional;

/**
 * One image's values.
 *
 * @param index its number in the data set
 * @param name its file
 * @param width columns at the original resolution, {@code height} rows
 * @param metrics empty if the image was skipped
 * @param repaired depths of the file that were NaN, negative or infinite and became holes
 * @param fit what aligned the prediction; empty where nothing was fitted
 * @param missing pixels that count and have no prediction
 * @param skipped why; empty if it was measured
 */
public record ImageResult(int index, String name, int width, int height, Optional<DepthMetrics> metrics, int repaired,
        Optional<Fit> fit, int missing, Optional<String> skipped) {

    /** An image to which nothing was fitted. */
    public ImageResult(int index, String name, int width, int height, Optional<DepthMetrics> metrics, int repaired) {
        this(index, name, width, height, metrics, repaired, Optional.empty(), 0, Optional.empty());
    }

    /** What remains of a scored image without its maps. */
    static ImageResult of(int index, String name, int width, int height, int repaired, Scored scored) {
        return new ImageResult(index, name, width, height, scored.metrics(), repaired, scored.fit(), scored.missing(),
                scored.skipped());
    }
}
