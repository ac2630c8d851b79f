package dev.fathom.training.probe;

import java.util.Arrays;
import java.util.OptionalDouble;

/**
 * The loss of a network while its learning rate grows, and the rates that the curve suggests.
 *
 * <p>Smoothing and suggestions are those of fastai ({@code Learner.lr_find}; {@code fastai/callback/schedule.py}), which
 * people of the field know: an average with a weight of 0.02 for the newest loss, corrected for its start; the first
 * tenth of the steps and the last five are not looked at.
 *
 * @param rates of the encoder, ascending
 * @param losses of the batches at these rates
 * @param planned how many steps there were to be; fewer were taken if the loss diverged
 */
public record LrCurve(double[] rates, double[] losses, int planned) {
    private static final double BETA = 0.98;
    /** Steps at the end, where the loss may be exploding already. */
    private static final int LAST = 5;
    /** A smoothed loss of this many times the lowest has diverged. */
    private static final double DIVERGED = 4;
    /** The share by which a smoothed loss must come down to have fallen. */
    private static final double FALL = 0.01;

    /** The smoothed losses. */
    public double[] smoothed() {
        double[] smooth = new double[losses.length];
        double mean = 0;
        for (int i = 0; i < losses.length; i++) {
            mean = BETA * mean + (1 - BETA) * losses[i];
            smooth[i] = mean / (1 - Math.pow(BETA, i + 1));
        }
        return smooth;
    }

    /** Whether the loss has left all bounds, so that larger rates need no look. */
    public boolean diverged() {
        if (losses.length == 0) {
            return false;
        }
        double[] smooth = smoothed();
        return !(smooth[smooth.length - 1] <= DIVERGED * Arrays.stream(smooth).min().orElseThrow());
    }

    /** Whether the loss fell, by a hundredth, in the part that is looked at: without that there is nothing to suggest. */
    public boolean fell() {
        double[] seen = seen();
        return seen.length > 2 && Arrays.stream(seen).min().orElseThrow() < (1 - FALL) * seen[0];
    }

    private int first() {
        return planned / 10;
    }

    private double[] seen() {
        int to = losses.length - LAST;
        return first() < to ? Arrays.copyOfRange(smoothed(), first(), to) : new double[0];
    }

    /** Where the smoothed loss falls most steeply over the logarithm of the rate; empty if it never falls. */
    public OptionalDouble steepest() {
        if (!fell()) {
            return OptionalDouble.empty();
        }
        double[] seen = seen();
        int best = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i + 1 < seen.length; i++) {
            double slope = (seen[i + 1] - seen[i]) / Math.log(rates[first() + i + 1] / rates[first() + i]);
            if (slope < least) {
                least = slope;
                best = i;
            }
        }
        return OptionalDouble.of(rates[first() + best]);
    }

    /**
     * The middle of the longest valley: with the longest descending subsequence of the smoothed losses taking n steps and
     * ending at some rate, the rate n/2 steps before that end. Less eager than {@link #steepest}, and steadier; fastai's
     * default. Empty if the loss never falls.
     */
    public OptionalDouble valley() {
        if (!fell()) {
            return OptionalDouble.empty();
        }
        double[] seen = seen();
        int[] length = new int[seen.length];
        int end = 0;
        for (int i = 0; i < seen.length; i++) {
            length[i] = 1;
            for (int j = 0; j < i; j++) {
                if (seen[i] < seen[j]) {
                    length[i] = Math.max(length[i], length[j] + 1);
                }
            }
            end = length[i] > length[end] ? i : end;
        }
        int start = Math.max(0, end - length[end]);
        double third = (end - start) / 3.0;
        // fastai's own rounding of a third and half a third.
        return OptionalDouble.of(rates[first() + start + (int) third + (int) (third / 2)]);
    }
}
