package dev.fathom.engine.errors;

/**
 * A failure that a person can do something about.
 *
 * <p>The message is one plain sentence: what failed, where, what was expected and what to do. The command line prints
 * that sentence alone; the stack trace and the cause stay behind {@code --debug}.
 */
public class FathomException extends RuntimeException {
    public FathomException(String sentence) {
        super(sentence);
    }

    public FathomException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
