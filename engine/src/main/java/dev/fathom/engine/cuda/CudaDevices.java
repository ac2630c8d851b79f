package dev.fathom.engine.cuda;

import dev.fathom.engine.Device;
import dev.fathom.engine.dispatch.Backend;
import dev.fathom.engine.errors.DeviceException;

/** Opens GPUs. */
public final class CudaDevices {
    private CudaDevices() {
    }

    /**
     * @param device of kind CUDA or EMULATED
     * @throws DeviceException if it is not there, saying what is missing
     */
    public static Backend open(Device device) {
        throw new DeviceException(device + " is not there");
    }
}
