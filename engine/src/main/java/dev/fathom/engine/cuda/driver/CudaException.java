package dev.fathom.engine.cuda.driver;

import dev.fathom.engine.errors.FathomException;

/** A call to the GPU failed. */
public class CudaException extends FathomException {
    private static final long serialVersionUID = 1L;

    private final boolean sticky;

    public CudaException(String message) {
        this(message, false, null);
    }

    /** @param sticky whether the context is lost: every later call fails the same way until the process ends */
    public CudaException(String message, boolean sticky, Throwable cause) {
        super(message, cause);
        this.sticky = sticky;
    }

    /** Whether the context is lost, so that nothing more can run on this device in this process. */
    public boolean isSticky() {
        return sticky;
    }
}
