package dev.fathom.training.data;

import java.util.Map;

/**
 * A frame that could not be used and was left out.
 *
 * @param index its number in the data set
 * @param name what to call it in a message
 * @param fault what is wrong with it
 * @param sentence what was found, naming it
 */
public record BadFrame(int index, String name, FrameException.Fault fault, String sentence) {
    static BadFrame of(int index, String name, FrameException e) {
        return new BadFrame(index, name, e.fault(), e.getMessage());
    }

    /** Counts this one by its fault. */
    public void addTo(Map<String, Integer> counts) {
        counts.merge(fault.key(), 1, Integer::sum);
    }
}
