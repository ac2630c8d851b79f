package dev.fathom.engine.errors;

/** A tensor was used after the {@code MemoryScope} that owned it was closed. */
public class ClosedTensorException extends FathomException {
    private static final long serialVersionUID = 1L;

    public ClosedTensorException(String message) {
        super(message);
    }
}
