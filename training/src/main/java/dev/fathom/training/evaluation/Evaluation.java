package dev.fathom.training.evaluation;

import dev.fathom.training.metrics.DepthMetrics;
import java.util.List;
import java.util.Map;

/**
 * What an evaluation found.
 *
 * @param mean over the images that count, each weighing the same; NaN when none counts
 * @param images every image, in the data set's order, the skipped ones too
 * @param skipped images without enough valid pixels
 * @param nonFinite images that count but have a value that is infinite or NaN
 * @param bad frames that could not be read and were left out, by fault; they are not among the images
 */
public record Evaluation(DepthMetrics mean, List<ImageResult> images, int skipped, int nonFinite,
        Map<String, Integer> bad) {
    public Evaluation {
        images = List.copyOf(images);
        bad = Map.copyOf(bad);
    }

    /** Images that count. */
    public int counted() {
        return images.size() - skipped;
    }
}
