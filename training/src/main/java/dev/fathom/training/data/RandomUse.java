package dev.fathom.training.data;

import dev.fathom.engine.numeric.Philox;

/**
 * What a random stream is for. Each use has a stream of its own for each (epoch, sample), so switching one augmentation
 * off changes nothing about the others. The order of the constants is part of every seed's meaning: add at the end.
 */
enum RandomUse {
    ORDER, BATCH_FLIP, FLIP, JITTER, NOISE, CROP;

    /** The stream of this use. */
    Philox stream(long seed, int epoch, int index) {
        return new Philox(seed, epoch, index, ordinal());
    }
}
