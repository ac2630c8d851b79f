package dev.fathom.engine.errors;

/**
 * A failure that a person can act on. The message is one sentence: what went wrong, where, what was expected,
 * what to do. The command line prints the message alone; a stack trace only with {@code --debug}.
 */
public class FathomException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public FathomException(String message) {
        super(message);
    }

    public FathomException(String message, Throwable cause) {
        super(message, cause);
    }
}
