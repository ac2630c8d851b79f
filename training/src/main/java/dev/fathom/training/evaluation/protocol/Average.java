package dev.fathom.training.evaluation.protocol;

import java.util.Locale;

/** What weighs the same in the one number for a data set. */
public enum Average {
    /** Each image: means over its pixels, then over images. */
    IMAGES,
    /** Each pixel, as if all images were one. */
    PIXELS;

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
