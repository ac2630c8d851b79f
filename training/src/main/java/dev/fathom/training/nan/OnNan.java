package dev.fathom.training.nan;

/** What a run does when the loss or a gradient of a step is not finite. */
public enum OnNan {
    /** Leaves the step out, counts it and goes on, until too many were left out. */
    SKIP,
    /** Saves its state as it was before the step, and ends. */
    STOP
}
