package dev.fathom.training.loss;

import java.util.Arrays;

/**
 * What a loss has to know of a batch, so small that workers can tell each other: float64 sums (of errors, of squares, of
 * pixels) and maxima of quantities that are never negative. Merging adds the ones and takes the larger of the others, which
 * are the collective operations SUM and MAX. Addition of float64 is not associative, so who wants the same bits on every
 * run merges in one order. What each place means is known to the {@link Objective} that made it.
 *
 * <p>Immutable.
 */
public final class LossStatistics {
    private final double[] sums;
    private final double[] maxima;

    private LossStatistics(double[] sums, double[] maxima) {
        this.sums = sums;
        this.maxima = maxima;
    }

    /** From sums and maxima, as {@link #sums()} and {@link #maxima()} give them. */
    public static LossStatistics of(double[] sums, double[] maxima) {
        return new LossStatistics(sums.clone(), maxima.clone());
    }

    /** Sums alone. */
    public static LossStatistics ofSums(double... sums) {
        return of(sums, new double[0]);
    }

    /** A copy of the sums: what an all-reduce by SUM takes. */
    public double[] sums() {
        return sums.clone();
    }

    /** A copy of the maxima: what an all-reduce by MAX takes. */
    public double[] maxima() {
        return maxima.clone();
    }

    /** One sum. */
    public double sum(int i) {
        return sums[i];
    }

    /** One maximum. */
    public double maximum(int i) {
        return maxima[i];
    }

    /**
     * The statistics of both together. A maximum that is NaN stays NaN.
     *
     * @throws IllegalArgumentException if the two are of different losses
     */
    public LossStatistics merge(LossStatistics next) {
        if (sums.length != next.sums.length || maxima.length != next.maxima.length) {
            throw new IllegalArgumentException(this + " and " + next + " are statistics of different losses");
        }
        double[] total = sums();
        for (int i = 0; i < total.length; i++) {
            total[i] += next.sums[i];
        }
        double[] largest = maxima();
        for (int i = 0; i < largest.length; i++) {
            largest[i] = Math.max(largest[i], next.maxima[i]);
        }
        return new LossStatistics(total, largest);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LossStatistics s && Arrays.equals(sums, s.sums) && Arrays.equals(maxima, s.maxima);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(sums) + Arrays.hashCode(maxima);
    }

    @Override
    public String toString() {
        return "sums " + Arrays.toString(sums) + ", maxima " + Arrays.toString(maxima);
    }
}
