package dev.fathom.tests.conformance;

import dev.fathom.engine.Shape;
import dev.fathom.engine.cpu.Lanes;
import java.util.Arrays;
import java.util.Random;

/**
 * Where a row takes its shapes, attributes and values from: a list of small integers, read one after another. Whoever
 * holds the list can repeat the trial exactly, and a list of smaller integers is a simpler trial: that is how a failure
 * is shrunk.
 *
 * <p>Extents are chosen to be awkward: 1, one below and one above the vector width and the tile sizes of the kernels,
 * and now and then so many elements that several threads share them, or none at all.
 */
public final class Draw {
    private static final int W = Lanes.FLOATS;
    /** Simple ones first: smaller choices are simpler trials. */
    private static final int[] EXTENTS = {1, 2, 3, W, W + 1, W - 1, 5, 2 * W, 2 * W + 3, 12, 13, 31, 33, 4 * W + 1, 67};
    private static final int SMALL_NUMEL = 2_500;
    /** Above three times the elements that a kernel gives to one task. */
    private static final int BIG_NUMEL = 60_000;

    private final int[] choices;
    private int next;

    Draw(int... choices) {
        this.choices = choices;
    }

    /** An integer in [0, bound); 0 when the list is used up. */
    public int pick(int bound) {
        return next < choices.length ? Math.floorMod(choices[next++], bound) : 0;
    }

    /** One of these, the first being the simplest. */
    public int among(int... options) {
        return options[pick(options.length)];
    }

    /** One of these, the first being the simplest. */
    public double among(double... options) {
        return options[pick(options.length)];
    }

    /** One of an enum's constants. */
    public <E extends Enum<E>> E among(Class<E> type) {
        return type.getEnumConstants()[pick(type.getEnumConstants().length)];
    }

    public boolean coin() {
        return pick(2) == 1;
    }

    /** An awkward extent, 1 to 67: below, at and above vector widths and tiles. */
    public int extent() {
        return among(EXTENTS);
    }

    /** An awkward extent that is not above {@code most}. */
    public int extent(int most) {
        return among(Arrays.stream(EXTENTS).filter(e -> e <= most).toArray());
    }

    /** 1, 2 or 3; once in sixteen times 0: for batch axes, which may be empty. */
    public int batch() {
        return among(1, 2, 1, 3, 1, 2, 1, 2, 1, 2, 3, 2, 1, 2, 1, 0);
    }

    /** An awkward shape of this many axes; once in eight times a big one, once in sixteen an empty one. */
    public Shape shape(int minRank, int maxRank) {
        return shapeEndingIn(minRank, maxRank);
    }

    /** An awkward shape that ends in these extents, with {@code minRank} to {@code maxRank} axes before them. */
    public Shape shapeEndingIn(int minRank, int maxRank, int... tail) {
        int rank = minRank + pick(maxRank - minRank + 1);
        int[] dims = new int[rank + tail.length];
        System.arraycopy(tail, 0, dims, rank, tail.length);
        boolean big = pick(8) == 7;
        int budget = Math.max(1, (big ? BIG_NUMEL : SMALL_NUMEL) / Math.max(1, (int) Shape.of(tail).numel()));
        for (int axis = rank - 1; axis >= 0; axis--) {
            dims[axis] = big && axis == 0 ? budget : extent(budget);
            budget = Math.max(1, budget / dims[axis]);
        }
        if (rank > 0 && pick(16) == 15) {
            dims[pick(rank)] = 0;
        }
        return Shape.of(dims);
    }

    /** A shape that broadcasts to {@code to}: some leading axes missing, some others 1. */
    public Shape broadcastingTo(Shape to) {
        int drop = pick(to.rank() + 1);
        int[] dims = Arrays.copyOfRange(to.toArray(), drop, to.rank());
        for (int i = 0; i < dims.length; i++) {
            if (pick(3) == 2) {
                dims[i] = 1;
            }
        }
        return Shape.of(dims);
    }

    /** An axis of a shape of at least one axis. */
    public int axisOf(Shape shape) {
        return pick(shape.rank());
    }

    /** A random generator for values, from one more integer of the list. */
    public Random random() {
        return new Random(0x5DEECE66DL * (1 + pick(10_000)));
    }
}
