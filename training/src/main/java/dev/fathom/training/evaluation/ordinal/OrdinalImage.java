package dev.fathom.training.evaluation.ordinal;

import java.util.Optional;

/**
 * How many pairs of points of one picture are in the right order.
 *
 * @param index its number in the data set
 * @param name its file
 * @param scene the kind of scene
 * @param pairs how many
 * @param correct of which the nearer point is predicted nearer; equal predictions, and none, are wrong
 * @param skipped why the picture does not count; empty if it was measured
 */
public record OrdinalImage(int index, String name, String scene, int pairs, int correct, Optional<String> skipped) {
    /** The share of correct pairs. */
    public double accuracy() {
        return (double) correct / pairs;
    }
}
