package dev.fathom.training.state;

/**
 * A part of what a run is: it puts itself into a state, and takes itself out of one. What a run must remember to go on
 * bit for bit and neither is in its options nor follows from its position belongs into one of these.
 */
interface StatePart {
    /** Adds tensors and entries under names that no other part uses. */
    void save(StateWriter out);

    /**
     * Becomes what was saved.
     *
     * @throws dev.fathom.engine.errors.FathomException if something is missing or does not fit: made by
     * {@link StateReader#damaged}, so that the sentence says what to do
     */
    void restore(StateReader in);
}
