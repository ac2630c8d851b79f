package dev.fathom.training.synth;

import java.util.List;

/**
 * The random choices of one scene: a stream that is a pure function of (seed, index), so that scene 17 of a data set is
 * the same whatever the number of threads, of scenes, or the order in which they are made.
 *
 * <p>The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA
 * 2014) used as a counter-based hash: value n is {@code mix(key + n * gamma)}.
 */
final class SceneRandom {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;

    private final long key;
    private long counter;

    SceneRandom(long seed, long index) {
        this.key = mix(mix(seed + GAMMA) ^ (index * 0xD1B54A32D192ED03L));
    }

    /** A new stream that depends on this one's next value: drawing more from it does not shift what follows here. */
    SceneRandom split() {
        return new SceneRandom(nextLong(), 0);
    }

    long nextLong() {
        return mix(key + ++counter * GAMMA);
    }

    int nextInt() {
        return (int) (nextLong() >>> 32);
    }

    /** Uniform in [0, 1). */
    double nextDouble() {
        return (nextLong() >>> 11) * 0x1.0p-53;
    }

    /** Uniform in [low, high). */
    double uniform(double low, double high) {
        return low + (high - low) * nextDouble();
    }

    /** Uniform over the integers low .. high, both included. */
    int integer(int low, int high) {
        return low + (int) (nextDouble() * (high - low + 1));
    }

    /** True with the given probability. */
    boolean chance(double probability) {
        return nextDouble() < probability;
    }

    <T> T pick(List<T> choices) {
        return choices.get(integer(0, choices.size() - 1));
    }

    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
