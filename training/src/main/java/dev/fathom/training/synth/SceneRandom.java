package dev.fathom.training.synth;

import dev.fathom.engine.numeric.Philox;
import java.util.List;

/**
 * The random choices of one scene: a stream that is a pure function of (seed, index, attempt), so that scene 17 of a
 * data set is the same whatever the number of threads, of scenes, or the order in which they are made.
 */
final class SceneRandom {
    /** Tells this use of a seed from others: "room". */
    private static final int PURPOSE = 0x726F6F6D;

    private final Philox philox;

    SceneRandom(long seed, int index, int attempt) {
        this.philox = new Philox(seed, index, attempt, PURPOSE);
    }

    int nextInt() {
        return philox.nextInt();
    }

    /** Uniform in [0, 1). */
    double nextDouble() {
        return philox.nextDouble();
    }

    /** Uniform in [low, high). */
    double uniform(double low, double high) {
        return low + (high - low) * nextDouble();
    }

    /** Uniform over the integers low .. high, both included. */
    int integer(int low, int high) {
        return low + philox.nextInt(high - low + 1);
    }

    /** True with the given probability. */
    boolean chance(double probability) {
        return nextDouble() < probability;
    }

    <T> T pick(List<T> choices) {
        return choices.get(integer(0, choices.size() - 1));
    }
}
