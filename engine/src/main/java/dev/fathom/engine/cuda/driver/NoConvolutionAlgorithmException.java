package dev.fathom.engine.cuda.driver;

/** The library has no deterministic algorithm within the workspace limit for a shape: the project's own kernels do. */
public final class NoConvolutionAlgorithmException extends CudaException {
    private static final long serialVersionUID = 1L;

    public NoConvolutionAlgorithmException(String message) {
        super(message);
    }
}
