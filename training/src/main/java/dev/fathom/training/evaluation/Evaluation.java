package dev.fathom.training.evaluation;

import dev.fathom.training.metrics.DepthMetrics;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an evaluation found.
 *
 * @param mean over the images that count, or over their pixels, as the protocol says; NaN when none counts
 * @param images every image, in the data set's order, the skipped ones too
 * @param skipped images that could not be measured, each of which says why
 * @param nonFinite images that count but have a value that is infinite or NaN
 * @param bad frames that could not be read and were left out, by fault; they are not among the images
 */
public record Evaluation(DepthMetrics mean, List<ImageResult> images, int skipped, int nonFinite,
        Map<String, Integer> bad) {
    public Evaluation {
        images = List.copyOf(images);
        bad = Map.copyOf(bad);
    }

    /**
     * The same of the images with a number in [from, to) alone, each weighing the same. Frames that could not be read
     * have no number here and are not in it.
     */
    public Evaluation among(int from, int to) {
        List<ImageResult> own = images.stream().filter(image -> image.index() >= from && image.index() < to).toList();
        List<DepthMetrics> counted = own.stream().flatMap(image -> image.metrics().stream()).toList();
        return new Evaluation(DepthMetrics.mean(counted), own, own.size() - counted.size(),
                (int) counted.stream().filter(image -> !image.isFinite()).count(), Map.of());
    }

    /** Images that count. */
    public int counted() {
        return images.size() - skipped;
    }

    /** Why images were skipped: how many for each reason. */
    public Map<String, Integer> reasons() {
        Map<String, Integer> reasons = new TreeMap<>();
        images.forEach(image -> image.skipped().ifPresent(why -> reasons.merge(why, 1, Integer::sum)));
        return reasons;
    }
}
