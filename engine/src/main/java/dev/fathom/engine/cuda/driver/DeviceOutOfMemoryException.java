package dev.fathom.engine.cuda.driver;

/** The device has no piece of memory as large as asked for. Nothing was lost: smaller work can go on. */
public class DeviceOutOfMemoryException extends CudaException {
    private static final long serialVersionUID = 1L;

    public DeviceOutOfMemoryException(String message) {
        super(message);
    }
}
