package dev.fathom.engine.dispatch;

import dev.fathom.engine.Device;
import dev.fathom.engine.cpu.CpuBackend;
import dev.fathom.engine.cuda.CudaDevices;
import dev.fathom.engine.reference.ReferenceBackend;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The backends of this process, made on first use. */
public final class Backends {
    /** Those that can be closed, and opened anew by the next use. */
    private static final Map<Device, Backend> DEVICES = new ConcurrentHashMap<>();

    private Backends() {
    }

    private static final class Cpu {
        static final Backend BACKEND = new CpuBackend();
    }

    private static final class Reference {
        static final Backend BACKEND = new ReferenceBackend();
    }

    /**
     * The backend of a device.
     *
     * @throws dev.fathom.engine.errors.DeviceException if the device is not there, saying what is missing
     */
    public static Backend of(Device device) {
        return switch (device.kind()) {
            case CPU -> Cpu.BACKEND;
            case REFERENCE -> Reference.BACKEND;
            case CUDA, EMULATED -> {
                Backend open = DEVICES.get(device);
                yield open != null ? open : DEVICES.computeIfAbsent(device, CudaDevices::open);
            }
        };
    }

    /** The GPUs that are open now. */
    public static List<Backend> openDevices() {
        return List.copyOf(DEVICES.values());
    }

    /** Closes a GPU once its work is done; does nothing where it was never used. */
    public static void close(Device device) {
        Backend open = DEVICES.remove(device);
        if (open != null) {
            open.close();
        }
    }

    /** Puts a backend in place of the one that first use would make: for tests with a device of their own. */
    public static void install(Backend backend) {
        if (DEVICES.putIfAbsent(backend.device(), backend) != null) {
            throw new IllegalStateException(backend.device() + " is open already; close it first");
        }
    }
}
