package dev.fathom.engine.cuda.emulated.ptx.syntax;

import dev.fathom.engine.errors.FathomException;

/** PTX that cannot be read or executed; the message names the file, the line and the word. */
public final class PtxException extends FathomException {
    private static final long serialVersionUID = 1L;

    public PtxException(String message) {
        super(message);
    }
}
