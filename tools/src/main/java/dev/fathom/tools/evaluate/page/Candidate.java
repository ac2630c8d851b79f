package dev.fathom.tools.evaluate.page;

import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.metrics.Measure;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * One of the models, or sets of files, that are shown side by side.
 *
 * @param name for headings and legends, unlike the others'
 * @param overall each measure over all images, in the order in which they are shown, with its interval if there is one
 * @param images all images in the data set's order, the same ones for every candidate
 */
public record Candidate(String name, Map<Measure, Interval> overall, List<ImageScores> images) {
    /** What is measured. */
    List<Measure> measures() {
        return List.copyOf(overall.keySet());
    }

    /** A measure's value an image; NaN where there is none. */
    double[] values(Measure measure) {
        return images.stream().mapToDouble(image -> image.get(measure)).toArray();
    }

    /** Values that are numbers, ascending. */
    double[] sorted(Measure measure) {
        return Arrays.stream(values(measure)).filter(Double::isFinite).sorted().toArray();
    }
}
