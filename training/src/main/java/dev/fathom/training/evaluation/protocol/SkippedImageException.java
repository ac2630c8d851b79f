package dev.fathom.training.evaluation.protocol;

/** An image that cannot be measured as the protocol asks. The message is the reason, for counting: no image's name. */
public final class SkippedImageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** @param reason without a full stop: {@code the prediction is the same everywhere} */
    public SkippedImageException(String reason) {
        super(reason);
    }
}
