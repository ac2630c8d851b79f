package dev.fathom.tools.train;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.tools.cli.DatasetArguments;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.HelpSections;
import dev.fathom.tools.cli.Interrupt;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.tools.config.RunRecord;
import dev.fathom.tools.report.run.ReportListener;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.MixedDataset;
import dev.fathom.training.memory.StepMemory;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.state.Progress;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.state.TrainState;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom train}: fine-tunes Depth Anything V2 to metres. */
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Fine-tune a model to metric depth on a data set.",
        footer = {"", "Example:",
            "  tools/fathom train --data nyu/train --val nyu/val --load-from depth_anything_v2_vits.pth --max-depth 10"
            + " --outdir runs/nyu",
            "  tools/fathom train --config runs/nyu/config.yaml --outdir runs/again"})
public final class TrainCommand implements Callable<Integer> {
    @Option(names = ConfigFile.OPTION, paramLabel = "FILE",
            description = "Take options from a YAML or JSON file, 'max-depth: 10' for --max-depth 10. What is on the"
                    + " command line as well wins. A run's own is config.yaml in its folder.")
    private Path config;

    @Mixin(name = "Data")
    private DatasetArguments data;

    @Option(names = "--val", required = true, paramLabel = "DIR|NAME:PATH",
            converter = DatasetText.NamedOrFolder.class,
            description = "Validation frames: as for --data or as for --dataset. Given several times, each set is"
                    + " measured by itself, too; the best epoch is that of all images together.")
    private List<DatasetText> val;

    @Option(names = "--outdir", required = true, paramLabel = "DIR",
            description = "The run's folder: last.safetensors, best.safetensors, metrics.jsonl.")
    private Path outdir;

    @Option(names = "--epochs", defaultValue = "10", description = "Passes over the data (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(names = "--seed", defaultValue = "42", description = "Of every random choice (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin(name = "Start")
    private StartArguments start;

    @Mixin(name = "Batch")
    private BatchArguments batch;

    @Mixin(name = "Loss")
    private LossArguments loss;

    @Mixin(name = "Optimiser")
    private OptimArguments optim;

    @Mixin(name = "Schedule")
    private ScheduleArguments schedule;

    @Mixin(name = "Computation")
    private ComputeArguments compute;

    @Mixin(name = "Not finite")
    private NanArguments nan;

    @Mixin(name = "Parts and devices")
    private SplitArguments sharing;

    @Mixin(name = "Device")
    private DeviceArguments where;

    @Mixin(name = "Memory")
    private MemoryArguments memory;

    @Mixin(name = "Loading")
    private PolicyArguments carryOut;

    @Mixin(name = "Saving")
    private SaveArguments save;

    @Mixin(name = "What there is to see")
    private WatchArguments watch;

    @Mixin(name = "Trying out")
    private ProbeArguments probe;

    private CommandSpec spec;

    @Spec
    void spec(CommandSpec own) {
        spec = own;
        own.usageMessage().sectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, new HelpSections(own));
    }

    @Override
    public Integer call() {
        List<DatasetText> frames = data.texts(spec);
        DatasetArguments.requireDistinct(spec, "--val", val);
        WrongCall.unless(val.stream().allMatch(text -> text.spec().weight().isEmpty()), spec,
                "--val has weight=, but every validation frame counts once; leave it out.");
        TrainOptions asked = WrongCall.orValue(spec, this::options);
        Split split = sharing.split(spec, asked.batch().size());
        WrongCall.orValue(spec, memory::limitBytes);
        RunPolicy policy = WrongCall.orValue(spec, () -> nan.in(carryOut.policy(save.policy()))).with(split);
        save.check(spec);
        probe.check(spec, save.resumes());
        start.check(spec, save.resumes());
        where.check(spec);
        watch.check(spec);
        if (probe.asked()) {
            return tryOut(policy, frames);
        }
        RunFolder run = RunFolder.at(outdir);
        save.check(run);
        Path from = save.resumes() ? save.state(run) : null;
        DepthDataset training = DatasetText.open(frames, policy.skipBad());
        DepthDataset validation = DatasetText.open(val, policy.skipBad());
        PrintWriter out = spec.commandLine().getOut();
        try (MemoryScope scope = MemoryScope.open("model")) {
            TrainProgress progress = new TrainProgress(out);
            ReportListener page = new ReportListener(outdir, spec.commandLine().getErr()::println);
            RunWatch watching = new RunWatch(outdir, watch.events(), watch.histogramEvery(), watch.panels());
            Device device = sharing.choose(split, where, out);
            DepthAnythingV2 saved = from == null ? null : start.savedModel(from, batch.head());
            if (saved != null && batch.isAuto()) {
                batch.choose(TrainState.describe(from).orElseThrow().options().batch().size());
            }
            TrainOptions options = settled(saved == null ? start.config() : saved.config(), device, policy, training);
            DepthAnythingV2 model = (saved != null ? saved : start.model(batch.head(), seed, device))
                    .gradientCheckpointing(compute.recompute());
            Trainer trainer = new Trainer(model, training, validation, options, policy, run,
                    TrainListener.all(watching.with(progress), page));
            out.println(String.format(Locale.ROOT,
                    "%,d training and %,d validation frames, %,d steps, %s%s, run folder %s", training.size(),
                    validation.size(), trainer.totalSteps(), options.compute().precision(),
                    compute.recompute() ? ", recompute" : "", outdir));
            if (training instanceof MixedDataset mixed) {
                mixed.lines().forEach(out::println);
            }
            if (!split.isWhole()) {
                out.println("each batch of " + options.batch().size() + " pictures is shared out to " + split);
            }
            trainer.plan().lines().forEach(out::println);
            if (options.optim().emaDecay() > 0) {
                out.println("validation and best.safetensors are of the weights' moving average (--ema "
                        + options.optim().emaDecay() + ")");
            }
            try (Interrupt interrupt = Interrupt.calls(() -> stop(trainer))) {
                Trainer.Outcome outcome;
                try (watching; progress; page) {
                    outcome = from != null ? trainer.resume(from, device)
                            : trainer.start(() -> RunRecord.write(spec, outdir,
                            start.file(), Map.of("training", training, "validation", validation)));
                }
                save.export(run, out);
                return report(outcome, trainer.totalSteps(), run, interrupt);
            }
        }
    }

    private int tryOut(RunPolicy policy, List<DatasetText> frames) {
        DepthDataset training = DatasetText.open(frames, policy.skipBad());
        PrintWriter out = spec.commandLine().getOut();
        try (MemoryScope scope = MemoryScope.open("model")) {
            Device device = sharing.choose(policy.split(), where, out);
            TrainOptions options = settled(start.config(), device, policy, training);
            DepthAnythingV2 model = start.model(batch.head(), seed, device)
                    .gradientCheckpointing(compute.recompute());
            return probe.run(model, training, options, policy, outdir, out);
        }
    }

    /** The options with the batch that memory allows, which is said. */
    private TrainOptions settled(ModelConfig network, Device device, RunPolicy policy, DepthDataset training) {
        StepMemory.Plan plan = new StepMemory.Plan(network, batch.head(), options(), compute.recompute(),
                policy.split());
        return memory.settle(plan, batch, device, policy.threads(), training, spec.commandLine().getOut()).options();
    }

    private TrainOptions options() {
        return new TrainOptions(epochs, seed, batch.options(sharing.leastBatch(spec)), optim.options(),
                schedule.options(), loss.options(), compute.options(), save.selection());
    }

    private void stop(Trainer trainer) {
        trainer.requestStop();
        spec.commandLine().getErr().println("Stopping after this step to save; Ctrl-C once more ends at once,"
                + " without.");
    }

    private int report(Trainer.Outcome outcome, long steps, RunFolder run, Interrupt interrupt) {
        PrintWriter out = spec.commandLine().getOut();
        Progress progress = outcome.progress();
        if (progress.emptySamples() > 0) {
            out.println(String.format(Locale.ROOT,
                    "%,d crops had no depth in range and taught nothing (%,d batches left out)",
                    progress.emptySamples(), progress.skippedBatches()));
        }
        if (progress.overflowSteps() > 0) {
            out.println(String.format(Locale.ROOT, "%,d steps overflowed in fp16 and were left out",
                    progress.overflowSteps()));
        }
        if (progress.nonFiniteSteps() > 0) {
            out.println(String.format(Locale.ROOT,
                    "%,d steps were not finite and were left out; the first are kept in %s", progress.nonFiniteSteps(), run.nan()));
        }
        if (outcome.end() == Trainer.End.STOPPED) {
            out.println(String.format(Locale.ROOT,
                    "stopped after step %,d of %,d, saved in %s; the same command with --resume goes on from there",
                    progress.step(), steps, run.last()));
            return interrupt.exitCode();
        }
        if (outcome.end() == Trainer.End.STOPPED_EARLY) {
            out.println(String.format(Locale.ROOT, "stopped early after epoch %d: no better validation since epoch %d;"
                    + " --resume with a larger --early-stop, or without, goes on", progress.epoch(),
                    progress.bestEpoch() + 1));
        }
        String by = save.selection().bestBy().key();
        out.println(progress.bestEpoch() < 0 ? "done: no epoch had a finite " + by + ", so there is no best model"
                : String.format(Locale.ROOT, "done: best %s %.4f in epoch %d, %s", by, progress.best(),
                progress.bestEpoch() + 1, run.best()));
        return 0;
    }
}
