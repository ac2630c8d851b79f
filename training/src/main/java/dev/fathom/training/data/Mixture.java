package dev.fathom.training.data;

import dev.fathom.engine.numeric.Philox;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How several data sets share an epoch.
 *
 * <p>An epoch is as long as all sets together. With weights, set i gets weight_i / (sum of weights) of its places,
 * rounded so that none is lost (largest remainder); without weights every frame of every set is used once. A set's
 * frames are used in random orders, one after another without a break: a frame is not used again before all others of
 * its set have been, across epochs too. So over a run the frames of a set are used equally often, give or take one.
 *
 * <p>Everything follows from (seed, epoch): a run that goes on gets what it would have got.
 */
public final class Mixture {
    /**
     * One set's part.
     *
     * @param frames that it has
     * @param weight above 0; NaN where no set has one
     * @param draws places of an epoch that it gets
     */
    public record Share(int frames, double weight, int draws) {
    }

    private final List<Share> shares;
    private final int total;

    private Mixture(List<Share> shares, int total) {
        this.shares = List.copyOf(shares);
        this.total = total;
    }

    /**
     * Shares out an epoch.
     *
     * @param frames of each set, at least 1
     * @param weights of each set, above 0; or null
     */
    static Mixture of(int[] frames, double[] weights) {
        int total = 0;
        for (int count : frames) {
            total = Math.addExact(total, count);
        }
        int[] draws = weights == null ? frames : draws(total, weights);
        List<Share> shares = new ArrayList<>();
        for (int i = 0; i < frames.length; i++) {
            shares.add(new Share(frames[i], weights == null ? Double.NaN : weights[i], draws[i]));
        }
        return new Mixture(shares, total);
    }

    /** Places by weight: each its whole part, then one more for those with the largest fractions, the first of equals. */
    private static int[] draws(int total, double[] weights) {
        double sum = Arrays.stream(weights).sum();
        int[] draws = new int[weights.length];
        double[] fraction = new double[weights.length];
        for (int i = 0; i < draws.length; i++) {
            double exact = total * (weights[i] / sum);
            draws[i] = (int) Math.floor(exact);
            fraction[i] = exact - draws[i];
        }
        for (int given = Arrays.stream(draws).sum(); given < total; given++) {
            int largest = 0;
            for (int i = 1; i < fraction.length; i++) {
                largest = fraction[i] > fraction[largest] ? i : largest;
            }
            draws[largest]++;
            fraction[largest] = -1;
        }
        return draws;
    }

    /** In the order of the sets. */
    public List<Share> shares() {
        return shares;
    }

    /** Places of an epoch: as many as there are frames. */
    public int total() {
        return total;
    }

    /** The frames of an epoch, those of the first set numbered first. */
    EpochOrder order(long seed, int epoch, boolean shuffle) {
        int[] frames = new int[total];
        int at = 0;
        int start = 0;
        for (int s = 0; s < shares.size(); s++) {
            Share share = shares.get(s);
            long from = (long) epoch * share.draws;
            int[] pass = null;
            for (long k = from; k < from + share.draws; k++) {
                int place = (int) (k % share.frames);
                if (pass == null || place == 0) {
                    pass = pass(seed, Math.toIntExact(k / share.frames), s, share.frames, shuffle);
                }
                frames[at++] = start + pass[place];
            }
            start += share.frames;
        }
        int[] places = shuffle ? RandomUse.ORDER.stream(seed, epoch, 0).permutation(total) : inOrder(total);
        int[] order = new int[total];
        int[] repeats = new int[total];
        int[] used = new int[total];
        for (int i = 0; i < total; i++) {
            order[i] = frames[places[i]];
            repeats[i] = used[order[i]]++;
        }
        return new EpochOrder(order, repeats);
    }

    /** The order in which a set's frames are used for the n-th time. */
    private static int[] pass(long seed, int n, int set, int frames, boolean shuffle) {
        Philox random = RandomUse.MIXTURE.stream(seed, n, set);
        return shuffle ? random.permutation(frames) : inOrder(frames);
    }

    /** 0 .. count-1. */
    static int[] inOrder(int count) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        return order;
    }

    /** What decides about the order: {@code 100 frames with weight 2.0 and 50 frames with weight 1.0}. */
    @Override
    public String toString() {
        return shares.stream().map(s -> s.frames + " frames"
                + (Double.isNaN(s.weight) ? "" : " with weight " + s.weight)).collect(Collectors.joining(" and "));
    }
}
