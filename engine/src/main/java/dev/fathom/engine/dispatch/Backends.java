package dev.fathom.engine.dispatch;

import dev.fathom.engine.Device;
import dev.fathom.engine.cpu.CpuBackend;
import dev.fathom.engine.reference.ReferenceBackend;

/** The backends of this process, made on first use. */
public final class Backends {
    private Backends() {
    }

    private static final class Cpu {
        static final Backend BACKEND = new CpuBackend();
    }

    private static final class Reference {
        static final Backend BACKEND = new ReferenceBackend();
    }

    public static Backend of(Device device) {
        return switch (device.kind()) {
            case CPU -> Cpu.BACKEND;
            case REFERENCE -> Reference.BACKEND;
        };
    }
}
