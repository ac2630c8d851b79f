package dev.fathom.engine.errors;

/** Tensors of different devices met, or a device is not there. */
public class DeviceException extends FathomException {
    private static final long serialVersionUID = 1L;

    public DeviceException(String message) {
        super(message);
    }
}
