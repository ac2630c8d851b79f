package dev.fathom.training.evaluation.ordinal;

import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What an ordinal evaluation found. The accuracy is the share of correct pairs among all pairs, as in Depth Anything V2's
 * table 3 (there in per cent), not a mean over pictures.
 *
 * @param images every picture, in the data set's order, the skipped ones too
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

    /** The kinds of scenes that there are. */
    public Set<String> scenes() {
        return images.stream().map(OrdinalImage::scene).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Pictures that count. */
    public List<OrdinalImage> counted() {
        return images.stream().filter(image -> image.skipped().isEmpty()).toList();
    }

    /** All pairs of the pictures that count. */
    public int pairs() {
        return counted().stream().mapToInt(OrdinalImage::pairs).sum();
    }

    /** Pairs in the right order. */
    public int correct() {
        return counted().stream().mapToInt(OrdinalImage::correct).sum();
    }

    /** Why pictures were skipped: how many for each reason. */
    public Map<String, Integer> reasons() {
        Map<String, Integer> reasons = new TreeMap<>();
        images.forEach(image -> image.skipped().ifPresent(why -> reasons.merge(why, 1, Integer::sum)));
        return reasons;
    }

    /** Correct pairs of all pairs; NaN if there are none. */
    public double accuracy() {
        return (double) correct() / pairs();
    }

    /** The accuracy with an interval from drawing pictures, as the pairs of one picture depend on each other. */
    public Interval accuracy(Bootstrap bootstrap) {
        List<OrdinalImage> counted = counted();
        return bootstrap.of(counted.size(), drawn -> {
            long pairs = 0;
            long correct = 0;
            for (int image : drawn) {
                pairs += counted.get(image).pairs();
                correct += counted.get(image).correct();
            }
            return new double[] {(double) correct / pairs};
        }).getFirst();
    }
}
