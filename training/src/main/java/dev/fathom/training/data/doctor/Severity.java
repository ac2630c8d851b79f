package dev.fathom.training.data.doctor;

import java.util.Locale;

/** How much a finding matters. The heaviest comes first. */
public enum Severity {
    /** What is learnt or measured from these frames is wrong. */
    ERROR,
    /** Costs something, or is wrong in some sets and meant so in others: somebody should look. */
    WARNING,
    /** Good to know; a sound set may have it. */
    NOTE;

    /** The word for it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
