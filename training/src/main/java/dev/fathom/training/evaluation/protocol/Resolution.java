package dev.fathom.training.evaluation.protocol;

import java.util.Locale;

/** At which size prediction and truth are compared. */
public enum Resolution {
    /** The truth's own: the prediction is resized bilinearly, align corners. */
    ORIGINAL,
    /** The prediction's own: the truth is resized to it, nearest neighbour as OpenCV's. */
    NETWORK;

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
