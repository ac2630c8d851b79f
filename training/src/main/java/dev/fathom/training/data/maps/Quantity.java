package dev.fathom.training.data.maps;

import java.util.Locale;

/** What a map's numbers measure. */
public enum Quantity {
    /** They grow with the distance along Z. */
    DEPTH,
    /** They are proportional to one over it: inverse depth, too. */
    DISPARITY;

    /** The word that is typed. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
