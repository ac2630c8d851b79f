package dev.fathom.engine.errors;

/** The shapes given to an operation break its rule; the message names the operation and both shapes. */
public class ShapeException extends FathomException {
    private static final long serialVersionUID = 1L;

    public ShapeException(String message) {
        super(message);
    }
}
