package dev.fathom.training.data.doctor;

import java.util.List;

/**
 * Something that is wrong with a data set, or at least worth knowing.
 *
 * @param kind what is wrong
 * @param severity how much it matters
 * @param what a sentence: what was found
 * @param why a sentence: the numbers that it is believed for
 * @param advice a sentence: what to do
 * @param frames where, in the order of the set; empty if it concerns the set as a whole
 */
public record Finding(Kind kind, Severity severity, String what, String why, String advice, List<Frame> frames) {
    /**
     * A frame that a finding is about.
     *
     * @param index its number in the set
     * @param name what to call it
     * @param note its own number in the matter, perhaps empty: {@code median 3120 m}
     */
    public record Frame(int index, String name, String note) {
    }

    /** Its frames cannot be changed. */
    public Finding {
        frames = List.copyOf(frames);
    }
}
