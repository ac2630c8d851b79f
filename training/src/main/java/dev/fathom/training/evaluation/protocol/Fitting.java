package dev.fathom.training.evaluation.protocol;

import java.util.Locale;

/** How a factor, or a factor and a shift, are fitted. */
public enum Fitting {
    /** The least sum of squares over the pixels that count. */
    LEAST_SQUARES,
    /** By medians and mean absolute deviations from them, which far pixels move less than squares (MiDaS). */
    ROBUST;

    /** As on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
