package dev.fathom.training.evaluation;

import dev.fathom.training.evaluation.protocol.Average;
import dev.fathom.training.evaluation.scoring.Fit;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.DepthSums;
import dev.fathom.training.metrics.MapMeasure;
import dev.fathom.training.metrics.Measure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an evaluation found.
 *
 * @param mean over the images that count, or over their pixels; NaN when none counts
 * @param images every image, in the data set's order, the skipped ones too
 * @param skipped images that could not be measured, each of which says why
 * @param nonFinite images that count but have a value that is infinite or NaN
 * @param bad frames that could not be read and were left out, by fault; they are not among the images
 * @param average what {@code mean} is over
 * @param sums of the images that count, in order
 */
public record Evaluation(DepthMetrics mean, List<ImageResult> images, int skipped, int nonFinite,
        Map<String, Integer> bad, Average average, List<DepthSums> sums) {
    /** Over images, without their sums. */
    public Evaluation(DepthMetrics mean, List<ImageResult> images, int skipped, int nonFinite, Map<String, Integer> bad) {
        this(mean, images, skipped, nonFinite, bad, Average.IMAGES, List.of());
    }

    public Evaluation {
        images = List.copyOf(images);
        bad = Map.copyOf(bad);
        sums = List.copyOf(sums);
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

    /** Everything that was measured: all measures of pixels, and those of whole maps that were asked for. */
    public List<Measure> measures() {
        List<Measure> measures = new ArrayList<>(List.of(DepthMetric.values()));
        Set<MapMeasure> maps = new TreeSet<>();
        images.forEach(image -> maps.addAll(image.maps().keySet()));
        measures.addAll(maps);
        return measures;
    }

    /**
     * The number for the data set. Of a measure of whole maps it is the mean over the images on which it is defined,
     * whatever the average.
     */
    public double value(Measure measure) {
        return measure instanceof DepthMetric metric ? mean.get(metric)
                : Arrays.stream(values(measure)).average().orElse(Double.NaN);
    }

    /** A value for each image that counts, in order; of a measure of whole maps, where it is defined. */
    public double[] values(Measure measure) {
        return images.stream().flatMapToDouble(image -> image.value(measure).stream())
                .filter(value -> measure instanceof DepthMetric || !Double.isNaN(value)).toArray();
    }

    /** The number for the data set with its confidence interval, for each measure. */
    public Map<Measure, Interval> intervals(Bootstrap bootstrap) {
        Map<Measure, Interval> intervals = new LinkedHashMap<>();
        if (counted() == 0) {
            return intervals;
        }
        List<DepthMetric> metrics = List.of(DepthMetric.values());
        List<Interval> ofMetrics = average == Average.IMAGES
                ? bootstrap.ofMeans(metrics.stream().map(this::values).toList())
                : bootstrap.of(sums.size(), drawn -> overPixels(metrics, drawn));
        metrics.forEach(metric -> intervals.put(metric, ofMetrics.get(metric.ordinal())));
        for (Measure measure : measures()) {
            if (measure instanceof MapMeasure && values(measure).length > 0) {
                intervals.put(measure, bootstrap.ofMean(values(measure)));
            }
        }
        return intervals;
    }

    private double[] overPixels(List<DepthMetric> metrics, int[] drawn) {
        DepthSums total = new DepthSums();
        for (int image : drawn) {
            total.add(sums.get(image));
        }
        DepthMetrics values = total.metrics();
        return metrics.stream().mapToDouble(values::get).toArray();
    }

    /** What aligned the images that count, in order; empty where nothing was fitted. */
    public List<Fit> fits() {
        return images.stream().flatMap(image -> image.fit().stream()).toList();
    }
}
