package dev.fathom.tools.cli;

import dev.fathom.engine.Device;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.dispatch.Backends;
import java.io.PrintWriter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Where to compute: the option that all computing commands share. */
public final class DeviceArguments {
    @Option(names = "--device", defaultValue = "auto", paramLabel = "WHERE",
            description = "auto, cpu, cuda (cuda:1 is the second GPU) or emulated, a GPU made of Java that checks every"
                    + " access (default: ${DEFAULT-VALUE}, the GPU where there is one that works).")
    public String device;

    @Option(names = "--debug-sync",
            description = "On a GPU, wait after every operation, so that a failure names the one that caused it. Slow.")
    public boolean debugSync;

    /** Checks the word, before anything is opened. */
    public void check(CommandSpec spec) {
        WrongCall.orValue(spec, () -> {
            DeviceChoice.check(device);
            return device;
        });
    }

    /**
     * Decides, opens the device and says which it is in one line.
     *
     * @throws dev.fathom.engine.errors.DeviceException if it was asked for by name and cannot be used
     */
    public Device choose(PrintWriter out) {
        DeviceChoice choice = choose();
        out.println(choice);
        return choice.device();
    }

    /** The same, for a caller that says later which it is. */
    public DeviceChoice choose() {
        return choose(device);
    }

    /** The same for another word than {@code --device}'s: one of several devices. */
    public DeviceChoice choose(String word) {
        DeviceChoice choice = DeviceChoice.of(word);
        if (Backends.of(choice.device()) instanceof CudaBackend gpu) {
            gpu.debugSync(debugSync);
        }
        return choice;
    }
}
