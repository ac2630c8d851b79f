package dev.fathom.tools.train;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.debug.CheckedOp.Value;
import dev.fathom.engine.debug.CheckedOp;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.tools.bench.MarkdownTable;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.training.nan.ReplayFacts;
import dev.fathom.training.nan.ReplayFile;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.step.StepReplay;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code fathom replay}: runs a step that was not finite again and looks at every operation. */
@Command(name = "replay", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Run a training step that was not finite again, every operation checked.",
        footer = {"", "The exit code is 0 if loss and gradients are finite this time, 1 if they are not.", "",
            "Example:",
            "  tools/fathom replay runs/nyu/nan/epoch-000-batch-00017.safetensors",
            "  tools/fathom replay runs/nyu/nan/epoch-000-batch-00017.safetensors --precision fp32 --all"})
public final class ReplayCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "A replay file from the nan folder of a run.")
    private Path file;

    @Option(names = "--precision", paramLabel = "P",
            description = "Compute in fp32, fp16 or bf16 (default: what the run computed in).")
    private Precision precision;

    @Option(names = "--loss-scale", paramLabel = "N",
            description = "Multiply the loss by this power of two (default: the run's).")
    private Double lossScale;

    @Option(names = "--all",
            description = "Show every operation, also after the first that is not finite, with what it reads.")
    private boolean all;

    @Mixin
    private DeviceArguments where;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        WrongCall.unless(lossScale == null || GradScaler.isScale(lossScale), spec, "--loss-scale is " + lossScale
                + ", but must be a power of two, 1 or more.");
        where.check(spec);
        PrintWriter out = spec.commandLine().getOut();
        try (ReplayFile replay = ReplayFile.open(file); MemoryScope scope = MemoryScope.open("replay")) {
            ReplayFacts facts = replay.facts();
            out.println("The step of " + facts.place() + ", " + facts.precision() + " on " + facts.device()
                    + ": " + facts.symptom() + ".");
            Device device = where.choose(out);
            DepthAnythingV2 model = replay.model(device);
            Precision in = precision == null ? facts.precision() : precision;
            double scale = lossScale == null ? facts.lossScale() : lossScale;
            List<CheckedOp> ops = new ArrayList<>();
            StepReplay again = StepReplay.run(model, replay.batch(), facts.lossOptions(), in, scale,
                    facts.split(device), ops::add);
            print(out, ops, again);
            return conclude(out, again, in, scale);
        }
    }

    private int conclude(PrintWriter out, StepReplay again, Precision in, double scale) {
        again.finding().lines().forEach(out::println);
        String how = String.format(Locale.ROOT, "%s with a loss scale of %.0f", in, scale);
        if (again.isFinite()) {
            out.println(String.format(Locale.ROOT, "Finite in %s: the loss is %s, all gradients are numbers.", how,
                    again.loss()));
            return 0;
        }
        throw new FathomException("Not finite in " + how + ": " + ReplayFacts.symptom(again.loss(),
                again.nonFiniteGradients()) + "; " + again.finding().sentence() + ".");
    }

    private void print(PrintWriter out, List<CheckedOp> ops, StepReplay again) {
        int end = all || again.finding().op() == null ? ops.size() : again.finding().op().number();
        MarkdownTable table = all ? new MarkdownTable(6, "no.", "phase", "module", "operation", "reads", "makes")
                : new MarkdownTable(5, "no.", "phase", "module", "operation", "makes");
        for (CheckedOp op : ops.subList(0, end)) {
            String name = op.gradientOf() == null || op.gradientOf().equals(op.op()) ? op.op()
                    : op.op() + " (" + op.gradientOf() + ")";
            List<String> row = new ArrayList<>(List.of(Integer.toString(op.number()), op.phase().toString(),
                    op.module().isEmpty() ? "(network)" : op.module(), name));
            if (all) {
                row.add(words(op.inputs()));
            }
            row.add(words(op.outputs()));
            table.row(row.toArray(String[]::new));
        }
        out.print(table);
    }

    private static String words(List<Value> values) {
        return values.stream().map(Value::toString).collect(Collectors.joining("; "));
    }
}
