package dev.fathom.tools.bench;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.ResidentMemory;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.tools.bench.BenchPlan.Topic;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.output.JsonFile;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fathom bench}: how fast, and what limits it. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
        description = {"Time Fathom on this machine, against what the machine can do: multiply-adds between registers, a"
            + " large product, copies, all measured in the same run.", "",
            "Weights are random: they do not change the time. The median of several runs is reported with its quartiles,"
            + " after some to warm up. Tables are Markdown. 'limit' says what an operation needs longer for at these"
            + " rates, its FLOP or its bytes, and 'of it' how near to that it comes.", "",
            "With --dry nothing runs: the kernel launches, bytes and floating-point operations that a GPU would be asked"
            + " for are counted, and the time at what it can do at most."},
        footer = {"", "Examples: fathom bench",
            "          fathom bench model step --profile --batch 1,4",
            "          fathom bench ops --only attention",
            "          fathom bench all --json numbers.json",
            "          fathom bench --dry --encoder vitl --batch 11 --precision fp16 --train"})
public final class BenchCommand implements Callable<Integer> {
    private static final String ALL = "all";

    @Parameters(paramLabel = "WHAT", arity = "0..*", description = {"What to time (default: model):",
        "  model     forward passes", "  step      training steps",
        "  ops       every operation of the two by itself, at the shapes that it has there",
        "  threads   one thread against all",
        "  evaluate  a data set through the evaluator: what it costs beside the network",
        "  pictures  reading, resizing, colouring, writing",
        "  cold      whole commands from the shell",
        "  all       all of these"})
    private List<String> what = List.of();

    @Option(names = "--encoder", defaultValue = "vits", split = ",", paramLabel = "NAME",
            description = "vits, vitb, vitl or vitg, or several: vits,vitb (default: ${DEFAULT-VALUE}).")
    private List<String> encoders;

    @Option(names = "--input-size", defaultValue = "518", paramLabel = "N",
            description = "Side in pixels, a multiple of 14 (default: ${DEFAULT-VALUE}).")
    private int inputSize;

    @Option(names = "--batch", defaultValue = "1", split = ",", paramLabel = "N",
            description = "Pictures at once, or several numbers: 1,8 (default: ${DEFAULT-VALUE}).")
    private List<Integer> batches;

    @Option(names = "--runs", defaultValue = "7", paramLabel = "N",
            description = "Timed runs (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--train", description = "The same as step beside what else is asked for.")
    private boolean train;

    @Option(names = "--recompute", description = "After each step the same with activation checkpointing, on the cpu.")
    private boolean recompute;

    @Option(names = "--profile", description = "Of model and step also a table by module: where in the network.")
    private boolean profile;

    @Option(names = "--only", defaultValue = "", paramLabel = "REGEX",
            description = "Of ops only rows in which this is found: a name, a shape (1370x384), a module, forward,"
                    + " gradient or update.")
    private String only;

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
        batches.forEach(b -> WrongCall.unless(b >= 1, spec, "--batch is " + b + ", but must be at least 1."));
        WrongCall.unless(inputSize >= NetworkSize.PATCH && inputSize % NetworkSize.PATCH == 0, spec, "--input-size is "
                + inputSize
                + ", but must be a multiple of 14.");
        List<Encoder> sizes = encoders.stream().map(e -> WrongCall.orValue(spec, () -> Encoder.of(e))).toList();
        Set<Topic> topics = topics();
        WrongCall.unless(!recompute || topics.contains(Topic.STEP) && !dry, spec,
                "--recompute is about training steps that are timed; add step, and leave --dry out.");
        Pattern rows = pattern();
        where.check(spec);
        requireFolder();
        PrintWriter out = spec.commandLine().getOut();
        if (dry) {
            WrongCall.unless(terabytes > 0 && tflops > 0 && fp32Tflops > 0, spec,
                    "--terabytes, --tflops and --fp32-tflops must be above 0.");
            count(sizes, topics.contains(Topic.STEP), out);
            return 0;
        }
        Device device = where.choose(out);
        if (!device.isHost()) {
            onDevice(sizes, device, topics.contains(Topic.STEP), out);
            return 0;
        }
        Bench bench = new Bench(new BenchPlan(topics, sizes, inputSize, batches, runs, precision, recompute, profile,
                rows,
                Optional.empty()));
        out.println(bench.machine());
        bench.run(report -> {
            out.println();
            out.println(report);
            out.flush();
        });
        ResidentMemory.peakBytes().ifPresent(bytes -> out.printf(Locale.ROOT, "resident at most %,d MiB%n",
                bytes >> 20));
        if (json != null) {
            JsonFile.write(json, bench.json());
        }
        return 0;
    }

    private Set<Topic> topics() {
        Set<Topic> topics = EnumSet.noneOf(Topic.class);
        for (String word : what) {
            if (word.equals(ALL)) {
                topics.addAll(EnumSet.allOf(Topic.class));
                continue;
            }
            topics.add(Arrays.stream(Topic.values()).filter(t -> t.toString().equals(word)).findFirst()
                    .orElseThrow(() -> new ParameterException(spec.commandLine(), "There is no benchmark '" + word
                            + "'; choose from " + Arrays.stream(Topic.values()).map(Topic::toString)
                            .collect(Collectors.joining(", ")) + " and " + ALL + ".")));
        }
        if (train) {
            topics.add(Topic.STEP);
        }
        if (what.isEmpty()) {
            topics.add(Topic.MODEL);
        }
        return topics;
    }

    private Pattern pattern() {
        try {
            return Pattern.compile(only);
        } catch (PatternSyntaxException e) {
            throw new ParameterException(spec.commandLine(), "--only is " + only + ", but that is not a regular"
                    + " expression: " + e.getDescription() + ".", e);
        }
    }

    /** GPU times, eager and as a captured graph, and where they go. */
    private void onDevice(List<Encoder> sizes, Device device, boolean training, PrintWriter out) {
        List<DeviceBench.Timing> timings = new ArrayList<>();
        Map<String, Map<String, double[]>> operations = new LinkedHashMap<>();
        for (Encoder size : sizes) {
            DeviceBench bench = new DeviceBench(device, size.config(), inputSize, runs);
            for (int batch : batches) {
                List<DeviceBench.Timing> these = new ArrayList<>(bench.forward(batch, precision));
                if (training) {
                    these.add(bench.step(batch, precision));
                }
                these.forEach(t -> out.printf(Locale.ROOT, "%-20s median %.2f ms (%.2f to %.2f, %d runs), tensors at"
                        + " most %,d MiB%n", t.name(), t.median(), t.least(), t.most(), t.runs(),
                        t.peakBytes() >> 20));
                timings.addAll(these);
                Map<String, double[]> rows = bench.operations(batch, precision, training);
                out.printf("%n%-24s %6s %10s   (waiting after each)%n", "operation", "calls", "ms");
                rows.forEach((name, row) -> out.printf(Locale.ROOT, "%-24s %6.0f %10.3f%n", name, row[1], row[0]));
                operations.put(size.id() + " b" + batch, rows);
            }
        }
        if (json != null) {
            JsonFile.write(json, Map.of("device", device.toString(), "timings", timings, "operations", operations));
        }
    }

    private void count(List<Encoder> sizes, boolean training, PrintWriter out) {
        Ceilings ceilings = Ceilings.ofTera(terabytes, tflops, fp32Tflops);
        List<Map<String, Object>> all = new ArrayList<>();
        for (Encoder size : sizes) {
            for (int batch : batches) {
                DryRun run = new DryRun(size, inputSize, batch, precision, ceilings);
                DryReport report = new DryReport(ceilings);
                String shape = ", " + batch + " x " + inputSize + " x " + inputSize + ", " + precision;
                out.println(report.forward(size.id() + " forward" + shape, run));
                if (training) {
                    out.println(report.step(size.id() + " training step" + shape, run));
                }
                all.add(report.json());
            }
        }
        if (json != null) {
            JsonFile.write(json, all.size() == 1 ? all.getFirst() : Map.of("runs", all));
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
}
