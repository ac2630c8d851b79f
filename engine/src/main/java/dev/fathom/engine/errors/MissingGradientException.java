package dev.fathom.engine.errors;

/** A gradient was asked of something that has none: better an error than parameters that never move. */
public class MissingGradientException extends FathomException {
    private static final long serialVersionUID = 1L;

    public MissingGradientException(String message) {
        super(message);
    }
}
