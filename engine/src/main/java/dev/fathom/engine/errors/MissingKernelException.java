package dev.fathom.engine.errors;

/** A backend has no kernel for an operation with these dtypes. */
public class MissingKernelException extends FathomException {
    private static final long serialVersionUID = 1L;

    public MissingKernelException(String message) {
        super(message);
    }
}
