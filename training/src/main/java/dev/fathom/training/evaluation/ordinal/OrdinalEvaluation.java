package dev.fathom.training.evaluation.ordinal;

import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an ordinal evaluation found. The accuracy is the share of correct pairs among all pairs, as in Depth Anything V2's
 * table 3 (there in per cent), not a mean over pictures.
 *
 * @param images every picture, in the data set's order
 * @param bad pictures that could not be read and were left out, by fault
 */
public record OrdinalEvaluation(List<OrdinalImage> images, Map<String, Integer> bad) {
    public OrdinalEvaluation {
        images = List.copyOf(images);
        bad = Map.copyOf(bad);
    }

    /** One kind of scene, or all. */
    public OrdinalEvaluation of(String scene) {
        return new OrdinalEvaluation(images.stream().filter(i -> i.scene().equals(scene)).toList(), Map.of());
    }

    /** The kinds of scenes that there are, with how many pictures. */
    public Map<String, Integer> scenes() {
        Map<String, Integer> scenes = new TreeMap<>();
        images.forEach(image -> scenes.merge(image.scene(), 1, Integer::sum));
        return scenes;
    }

    /** All pairs. */
    public int pairs() {
        return images.stream().mapToInt(OrdinalImage::pairs).sum();
    }

    /** Pairs in the right order. */
    public int correct() {
        return images.stream().mapToInt(OrdinalImage::correct).sum();
    }

    /** Correct pairs of all pairs; NaN if there are none. */
    public double accuracy() {
        return (double) correct() / pairs();
    }

    /** The accuracy with an interval from drawing pictures, as the pairs of one picture depend on each other. */
    public Interval accuracy(Bootstrap bootstrap) {
        return bootstrap.of(images.size(), drawn -> {
            long pairs = 0;
            long correct = 0;
            for (int image : drawn) {
                pairs += images.get(image).pairs();
                correct += images.get(image).correct();
            }
            return new double[] {(double) correct / pairs};
        }).getFirst();
    }
}
