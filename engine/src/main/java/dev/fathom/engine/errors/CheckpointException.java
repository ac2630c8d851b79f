package dev.fathom.engine.errors;

/**
 * A weights file cannot be read, written or converted: it is torn, of an unknown format, refused because it asks for
 * code to be run, or holds something other than tensors. The message names the file and the place in it.
 */
public class CheckpointException extends FathomException {
    public CheckpointException(String sentence) {
        super(sentence);
    }

    public CheckpointException(String sentence, Throwable cause) {
        super(sentence, cause);
    }
}
