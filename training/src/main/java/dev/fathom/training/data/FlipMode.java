package dev.fathom.training.data;

/** Who tosses the coin of the horizontal flip. */
public enum FlipMode {
    /** Nobody: no flip. */
    NONE,
    /** Each sample, before it is resized: what the fine-tuning article's augmentation library does. */
    PER_SAMPLE,
    /** One coin for the whole batch, after the crop: what the Depth Anything V2 authors' training loop does. */
    PER_BATCH
}
