package dev.fathom.training.evaluation;

import dev.fathom.training.metrics.DepthMetrics;
import java.util.Optional;

/**
 * One image's values.
 *
 * @param index its number in the data set
 * @param name its file
 * @param width columns at the original resolution, {@code height} rows
 * @param metrics empty if the image was skipped: fewer than 10 pixels with a depth in range
 * @param repaired depths of the file that were NaN, negative or infinite and became holes
 */
public record ImageResult(int index, String name, int width, int height, Optional<DepthMetrics> metrics, int repaired) {
}
