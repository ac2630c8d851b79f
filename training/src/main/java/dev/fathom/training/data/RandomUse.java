package dev.fathom.training.data;

import dev.fathom.engine.numeric.Philox;

/**
 * What a random stream is for. Each use has a stream of its own for each (epoch, sample), so switching one augmentation
 * off changes nothing about the others. The order of the constants is part of every seed's meaning: add at the end.
 */
enum RandomUse {
    ORDER, BATCH_FLIP, FLIP, JITTER, NOISE, CROP, MIXTURE;

    /** Bits for the constants; the ones above say how often a sample was used before in its epoch. */
    private static final int BITS = 8;

    /** The stream of this use. */
    Philox stream(long seed, int epoch, int index) {
        return stream(seed, epoch, index, 0);
    }

    /** The stream of this use, where a sample is used more than once in an epoch: {@code repeat} times before. */
    Philox stream(long seed, int epoch, int index, int repeat) {
        return new Philox(seed, epoch, index, repeat << BITS | ordinal());
    }
}
