package dev.fathom.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.tools.bench.Bench;
import dev.fathom.tools.bench.Ceilings;
import dev.fathom.tools.bench.DeviceBench;
import dev.fathom.tools.bench.DryReport;
import dev.fathom.tools.bench.DryRun;
import dev.fathom.tools.bench.ResidentMemory;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom bench}: how fast, and what limits it. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Time the model on this machine, operation by operation, against what the machine can do.", "",
            "Weights are random: they do not change the time. The median of several runs is reported, after as many to"
            + " warm up.", "",
            "With --dry nothing runs: the kernel launches, bytes and floating-point operations that a GPU would be asked"
            + " for are counted, and the time at what it can do at most."},
        footer = {"", "Examples: fathom bench --encoder vits --train",
            "          fathom bench --dry --encoder vitl --batch 11 --precision fp16 --train"})
final class BenchCommand implements Callable<Integer> {
    @Option(names = "--encoder", defaultValue = "vits", paramLabel = "NAME",
            description = "vits, vitb, vitl or vitg (default: ${DEFAULT-VALUE}).")
    private String encoder;

    @Option(names = "--input-size", defaultValue = "518", paramLabel = "N",
            description = "Side in pixels, a multiple of 14 (default: ${DEFAULT-VALUE}).")
    private int inputSize;

    @Option(names = "--batch", defaultValue = "1", paramLabel = "N",
            description = "Pictures at once (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--runs", defaultValue = "7", paramLabel = "N",
            description = "Timed runs (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--train", description = "Also training steps: forward, loss, backward, AdamW.")
    private boolean train;

    @Option(names = "--precision", defaultValue = "fp32", paramLabel = "P",
            description = "fp32, fp16 or bf16: what products and attention are computed in"
                    + " (default: ${DEFAULT-VALUE}).")
    private Precision precision;

    @Option(names = "--dry", description = "Count what a GPU would do, without one, instead of timing.")
    private boolean dry;

    @Option(names = "--terabytes", defaultValue = "4.3", paramLabel = "X",
            description = "With --dry: the GPU's memory, in 10^12 bytes a second (default: ${DEFAULT-VALUE}, measured on"
                    + " an H200).")
    private double terabytes;

    @Option(names = "--tflops", defaultValue = "790", paramLabel = "X",
            description = "With --dry: its products of 16-bit numbers, in 10^12 operations a second (default:"
                    + " ${DEFAULT-VALUE}, measured on an H200).")
    private double tflops;

    @Option(names = "--fp32-tflops", defaultValue = "67", paramLabel = "X",
            description = "With --dry: its products of float32 numbers (default: ${DEFAULT-VALUE}, an H200's data sheet).")
    private double fp32Tflops;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the numbers here.")
    private Path json;

    @Mixin
    private DeviceArguments where;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        WrongCall.unless(runs >= 1, spec, "--runs is " + runs + ", but must be at least 1.");
        WrongCall.unless(batch >= 1, spec, "--batch is " + batch + ", but must be at least 1.");
        WrongCall.unless(inputSize >= NetworkSize.PATCH && inputSize % NetworkSize.PATCH == 0, spec, "--input-size is "
                + inputSize
                + ", but must be a multiple of 14.");
        Encoder size = WrongCall.orValue(spec, () -> Encoder.of(encoder));
        where.check(spec);
        requireFolder();
        if (dry) {
            WrongCall.unless(terabytes > 0 && tflops > 0 && fp32Tflops > 0, spec,
                    "--terabytes, --tflops and --fp32-tflops must be above 0.");
            count(size);
            return 0;
        }
        PrintWriter out = spec.commandLine().getOut();
        Device device = where.choose(out);
        if (!device.isHost()) {
            onDevice(size, device, out);
            return 0;
        }
        Bench bench = new Bench(runs, precision);
        out.println(bench.machine());
        try (Progress progress = Progress.start("Forward", 2L * runs, "runs")) {
            String report = bench.forward(size, inputSize, batch, progress::to);
            progress.close();
            out.println(report);
        }
        if (train) {
            try (Progress progress = Progress.start("Step", 2L * runs, "runs")) {
                String report = bench.step(size, inputSize, batch, progress::to);
                progress.close();
                out.println(report);
            }
        }
        ResidentMemory.peakBytes().ifPresent(bytes -> out.printf(Locale.ROOT, "resident at most %,d MiB%n",
                bytes >> 20));
        if (json != null) {
            write(bench.json());
        }
        return 0;
    }

    /** A GPU's times, eager and as a captured graph, and where they go. */
    private void onDevice(Encoder size, Device device, PrintWriter out) {
        DeviceBench bench = new DeviceBench(device, size.config(), inputSize, runs);
        List<DeviceBench.Timing> timings = new ArrayList<>(bench.forward(batch, precision));
        if (train) {
            timings.add(bench.step(batch, precision));
        }
        timings.forEach(t -> out.printf(Locale.ROOT, "%-20s median %.2f ms (%.2f to %.2f, %d runs), tensors at most"
                + " %,d MiB%n", t.name(), t.median(), t.least(), t.most(), t.runs(), t.peakBytes() >> 20));
        Map<String, double[]> operations = bench.operations(batch, precision, train);
        out.printf("%n%-24s %6s %10s   (waiting after each)%n", "operation", "calls", "ms");
        operations.forEach((name, row) -> out.printf(Locale.ROOT, "%-24s %6.0f %10.3f%n", name, row[1], row[0]));
        if (json != null) {
            write(Map.of("device", device.toString(), "timings", timings, "operations", operations));
        }
    }

    private void count(Encoder size) {
        Ceilings ceilings = Ceilings.ofTera(terabytes, tflops, fp32Tflops);
        DryRun run = new DryRun(size, inputSize, batch, precision, ceilings);
        DryReport report = new DryReport(ceilings);
        PrintWriter out = spec.commandLine().getOut();
        String shape = ", " + batch + " x " + inputSize + " x " + inputSize + ", " + precision;
        out.println(report.forward(size.id() + " forward" + shape, run));
        if (train) {
            out.println(report.step(size.id() + " training step" + shape, run));
        }
        if (json != null) {
            write(report.json());
        }
    }

    /** Before minutes are spent on numbers that then have nowhere to go. */
    private void requireFolder() {
        if (json != null && !Files.isWritable(json.toAbsolutePath().getParent())) {
            throw new FathomException("The numbers cannot be written to " + json
                    + ": its folder is not there or cannot be"
                    + " written to; choose another file for --json.");
        }
    }

    private void write(Map<String, Object> numbers) {
        try {
            String text = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(numbers)
                    + "\n";
            AtomicFile.replace(json, temporary -> Files.writeString(temporary, text));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a map of numbers cannot fail to become JSON", e);
        }
    }
}
