package dev.fathom.training.data;

/**
 * Which frames an epoch uses, in which order.
 *
 * @param frames their numbers
 * @param repeats of each how often it was used before in this epoch, so that it is varied in another way each time
 */
record EpochOrder(int[] frames, int[] repeats) {
    /** Every frame once. */
    static EpochOrder once(int[] frames) {
        return new EpochOrder(frames, new int[frames.length]);
    }
}
