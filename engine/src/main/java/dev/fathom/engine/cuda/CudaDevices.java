package dev.fathom.engine.cuda;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.driver.CudaDriver;
import dev.fathom.engine.cuda.emulated.EmulatedDriver;
import dev.fathom.engine.cuda.emulated.EmulatedOptions;
import dev.fathom.engine.cuda.natives.CudaRuntime;
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
        CudaDriver driver = switch (device.kind()) {
            case CUDA -> CudaRuntime.open(device.index());
            case EMULATED -> new EmulatedDriver(EmulatedOptions.defaults());
            default -> throw new DeviceException(device + " is not a GPU");
        };
        return new CudaBackend(device, driver);
    }
}
