package dev.fathom.tools.machine;

import dev.fathom.engine.Device;
import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.cuda.DeviceChoice;
import dev.fathom.engine.cuda.selftest.SelfTest;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.Durations;
import dev.fathom.tools.cli.ExitCode;
import dev.fathom.tools.cli.Machine;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.gpu.GpuPicture;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom doctor}: what this machine offers, how fast it is, and what is missing. */
@Command(name = "doctor", mixinStandardHelpOptions = true, sortOptions = false,
    description = {"Look at this machine: Java, vector unit, memory, speed, GPU, and what is missing.", "",
        "Exit code 0 if nothing important is missing, 1 otherwise."})
public final class DoctorCommand implements Callable<Integer> {
    /** What predicting with the smallest model at 518 x 518 takes, with room to spare. */
    private static final long PREDICT_BYTES = 1_000_000_000L;
    /** What fine-tuning it takes. */
    private static final long TRAIN_BYTES = 3_500_000_000L;

    @Option(names = "--quick", description = "Leave out the speed measurement (about two seconds) and the GPU's"
        + " self-test.")
    private boolean quick;

    @Mixin
    private DeviceArguments device;

    @Spec
    private CommandSpec spec;

    private final List<String> advice = new ArrayList<>();
    private boolean broken;

    @Override
    public Integer call() {
        device.check(spec);
        PrintWriter out = spec.commandLine().getOut();
        Machine machine = Machine.look();
        out.println(Version.line());
        out.println();
        fact("Java", machine.java());
        fact("", machine.javaHome());
        fact("System", machine.system());
        fact("Processor", machine.processor());
        fact("Threads", machine.threads() + (machine.threads() == machine.logical() ? "" : " of " + machine.logical()
            + " (the physical cores)"));
        fact("Vector unit", machine.vectors());
        fact("Memory", Durations.bytes(machine.memory()) + ", " + Durations.bytes(machine.free())
            + " free; Java's heap up to " + Durations.bytes(machine.heap()));
        GpuPicture gpu = GpuPicture.look();
        gpu.facts().forEach(f -> fact(f.name(), f.value()));
        advice.addAll(gpu.advice());
        judge(machine);
        if (!quick) {
            speed(out);
            selfTest(out);
        }
        out.println();
        if (advice.isEmpty()) {
            out.println("Nothing is missing.");
        }
        advice.forEach(line -> out.println("! " + line));
        return broken ? ExitCode.FAILED : 0;
    }

    private void fact(String name, String value) {
        spec.commandLine().getOut().printf(Locale.ROOT, "  %-12s %s%n", name, value);
    }

    private void speed(PrintWriter out) {
        out.println();
        out.println("  Matrix product, float32");
        out.flush();
        SpeedCheck speed = SpeedCheck.run();
        double gain = speed.oneThread() / speed.scalar();
        out.printf(Locale.ROOT, "    plain Java loop, 1 thread     %7.1f GFLOP/s%n", speed.scalar());
        out.printf(Locale.ROOT, "    vector kernels, 1 thread      %7.1f GFLOP/s   %.0f times the loop%n",
            speed.oneThread(), gain);
        if (speed.threads() > 1) {
            out.printf(Locale.ROOT, "    vector kernels, %2d threads    %7.1f GFLOP/s   %.1f times one thread%n",
                speed.threads(), speed.all(), speed.all() / speed.oneThread());
        }
        if (gain < 4) {
            advice.add(String.format(Locale.ROOT, 
                "The vector kernels are only %.1f times as fast as a plain loop; expected 10 or more. "
                    + "Is the just-in-time compiler switched off (-Xint), or the machine busy?", gain));
        }
    }

    /** On the GPU if there is one, or where {@code --device} says. */
    private void selfTest(PrintWriter out) {
        Device device = DeviceChoice.of(this.device.device).device();
        if (device.isHost()) {
            return;
        }
        out.println();
        out.println("  Self-test of the kernels on " + device + " against their float64 specification");
        List<SelfTest.Result> failed = new ArrayList<>();
        List<SelfTest.Result> all;
        try (Progress progress = Progress.start("Testing", SelfTest.count(), "operations")) {
            all = SelfTest.run(device, r -> progress.step());
        }
        all.stream().filter(r -> !r.passed()).forEach(failed::add);
        out.println("    " + (all.size() - failed.size()) + " of " + all.size() + " passed");
        failed.forEach(r -> out.println("    FAILED " + r.name() + ": " + r.failure()));
        if (!failed.isEmpty()) {
            broken = true;
            advice.add("This GPU does not compute what it should, so use --device cpu; please report it, with this"
                + " page.");
        }
    }

    private void judge(Machine machine) {
        if (Lanes.preferredBits() < 256 && machine.system().contains("amd64")) {
            advice.add("This processor offers Java 128-bit vectors only; AVX2 or AVX-512 would be 2 to 4 times as "
                + "fast.");
        }
        if (machine.free() < PREDICT_BYTES) {
            broken = true;
            advice.add("Only " + Durations.bytes(machine.free())
                + " of memory are free; predicting at 518 x 518 takes about "
                + Durations.bytes(PREDICT_BYTES) + ". Close other programs or use a smaller --input-size.");
        } else if (machine.free() < TRAIN_BYTES) {
            advice.add("With " + Durations.bytes(machine.free())
                + " of free memory, predicting works, but fine-tuning at 518 x 518 "
                + "takes about " + Durations.bytes(TRAIN_BYTES) + ".");
        }
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        if (!Files.isWritable(temporary)) {
            broken = true;
            advice.add("The folder for temporary files, " + temporary + ", cannot be written; set another by TMPDIR.");
        }
    }
}
