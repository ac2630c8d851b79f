package dev.fathom.training.evaluation.protocol;

import java.util.Locale;

/** The quantity in which a prediction is compared with the truth. */
public enum Space {
    /** Metres along Z. */
    DEPTH,
    /** One over depth, 1/m. */
    DISPARITY;

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
