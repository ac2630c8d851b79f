package dev.fathom.engine.errors;

/** An operation does not take these element types. */
public class DTypeException extends FathomException {
    private static final long serialVersionUID = 1L;

    public DTypeException(String message) {
        super(message);
    }
}
