package dev.fathom.tools;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.tools.config.ConfigFile;
import dev.fathom.tools.config.RunRecord;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.FlipMode;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.trainer.Progress;
import dev.fathom.training.trainer.RunFolder;
import dev.fathom.training.trainer.TrainOptions;
import dev.fathom.training.trainer.TrainOptions.ScheduleKind;
import dev.fathom.training.trainer.Trainer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom train}: fine-tunes Depth Anything V2 to metres. */
@Command(name = "train", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Fine-tune a model to metric depth on NYU-layout HDF5 (rgb, depth).",
        footer = {"", "Example:",
            "  tools/fathom train --data nyu/train --val nyu/val --load-from depth_anything_v2_vits.pth --max-depth 10"
            + " --outdir runs/nyu",
            "  tools/fathom train --config runs/nyu/config.yaml --outdir runs/again"})
final class TrainCommand implements Callable<Integer> {
    /** What of the start weights is used. */
    enum Init { ENCODER, FULL, NONE }

    @Option(names = ConfigFile.OPTION, paramLabel = "FILE",
            description = "Take options from a YAML or JSON file, 'max-depth: 10' for --max-depth 10. What is on the"
                    + " command line as well wins. A run's own is config.yaml in its folder.")
    private Path config;

    @Option(names = "--data", required = true, paramLabel = "DIR",
            description = "Training frames: a folder of .h5 files, searched with its subfolders.")
    private Path data;

    @Option(names = "--val", required = true, paramLabel = "DIR", description = "Validation frames, the same layout.")
    private Path val;

    @Option(names = "--load-from", paramLabel = "FILE",
            description = "Start weights: .pth, .safetensors or .h5. Not read by --resume.")
    private Path loadFrom;

    @Option(names = "--encoder", paramLabel = "NAME",
            description = "vits, vitb, vitl or vitg. Recognised from the weights; needed with --init none.")
    private String encoder;

    @Option(names = "--init", defaultValue = "encoder",
            description = "encoder: the file's encoder, a fresh decoder (default). full: all of the file. none:"
                    + " everything fresh.")
    private Init init;

    @Option(names = "--max-depth", required = true, paramLabel = "M",
            description = "Largest depth in metres: the head's range, and the mask's.")
    private double maxDepth;

    @Option(names = "--min-depth", defaultValue = "0.001", paramLabel = "M",
            description = "Nearer pixels are masked (default: ${DEFAULT-VALUE}).")
    private float minDepth;

    @Option(names = "--outdir", required = true, paramLabel = "DIR",
            description = "The run's folder: last.safetensors, best.safetensors, metrics.jsonl.")
    private Path outdir;

    @Option(names = "--resume", description = "Go on from the run folder's last.safetensors.")
    private boolean resume;

    @Option(names = "--epochs", defaultValue = "10", description = "Passes over the data (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(names = {"--bs", "--batch-size"}, defaultValue = "4",
            description = "Pictures a step (default: ${DEFAULT-VALUE}).")
    private int batchSize;

    @Option(names = {"--img-size", "--input-size"}, defaultValue = "518",
            description = "Short side and crop in pixels, a multiple of 14 (default: ${DEFAULT-VALUE}).")
    private int inputSize;

    @Option(names = "--lr", defaultValue = "5e-6",
            description = "Learning rate of the encoder (default: ${DEFAULT-VALUE}).")
    private double lr;

    @Option(names = "--head-lr-factor", defaultValue = "10",
            description = "The decoder's rate is this many times --lr (default: ${DEFAULT-VALUE}).")
    private double headFactor;

    @Option(names = "--weight-decay", defaultValue = "0.01",
            description = "AdamW's, on all parameters (default: ${DEFAULT-VALUE}).")
    private double weightDecay;

    @Option(names = "--schedule", defaultValue = "cosine",
            description = "cosine with warm-up (default), poly as the authors, or constant.")
    private ScheduleKind schedule;

    @Option(names = "--warmup-epochs", defaultValue = "0.5",
            description = "Cosine: how long the rate rises, in epochs (default: ${DEFAULT-VALUE}).")
    private double warmupEpochs;

    @Option(names = "--silog-lambda", defaultValue = "0.5", description = "SiLog's lambda (default: ${DEFAULT-VALUE}).")
    private double lambda;

    @Option(names = "--flip", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Horizontal flip (default: on).")
    private boolean flip;

    @Option(names = "--jitter", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Colour jitter of 0.1 (default: on).")
    private boolean jitter;

    @Option(names = "--noise", negatable = true, defaultValue = "true", fallbackValue = "true",
            description = "Gaussian noise, variance up to 25 of 255 (default: on).")
    private boolean noise;

    @Option(names = "--seed", defaultValue = "42", description = "Of every random choice (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--precision", defaultValue = "fp32", paramLabel = "P",
            description = "fp32, fp16 (with a dynamic loss scale) or bf16: what products and attention are computed in;"
                    + " weights stay float32 (default: ${DEFAULT-VALUE}).")
    private Precision precision;

    @Option(names = "--loss-scale", defaultValue = "65536", paramLabel = "N",
            description = "fp16: the loss scale at the start, a power of two (default: ${DEFAULT-VALUE}).")
    private double lossScale;

    @Option(names = "--recompute",
            description = "Keep of each transformer block only its input and compute it again for its gradient: half the"
                    + " memory, about a quarter more time, the same bits (default: off).")
    private boolean recompute;

    @Option(names = "--workers", defaultValue = "2",
            description = "Loader threads; results do not depend on it (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Option(names = "--save-every", defaultValue = "0", paramLabel = "STEPS",
            description = "Also save within an epoch, every so many steps (default: off).")
    private long saveEvery;

    @Mixin
    private DeviceArguments where;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        TrainOptions options = WrongCall.orValue(spec, () -> new TrainOptions(epochs, batchSize, inputSize, lr,
                headFactor, weightDecay, schedule,
                warmupEpochs, lambda, minDepth, (float) maxDepth, augmentation(), seed, precision, lossScale));
        check();
        where.check(spec);
        RunFolder run = RunFolder.at(outdir);
        if (run.canResume() && !resume) {
            throw new FathomException(run.last()
                    + " is there already; add --resume to go on with that run, or choose another --outdir.");
        }
        if (resume && !run.canResume()) {
            throw new FathomException("There is no " + run.last()
                    + " to resume; check --outdir, or leave --resume out to start the run.");
        }
        DepthDataset training = NyuHdf5Dataset.open(data);
        DepthDataset validation = NyuHdf5Dataset.open(val);
        PrintWriter out = spec.commandLine().getOut();
        try (MemoryScope scope = MemoryScope.open("model")) {
            TrainProgress progress = new TrainProgress(out);
            Device device = where.choose(out);
            DepthAnythingV2 model = model(run, device).gradientCheckpointing(recompute);
            Trainer trainer = new Trainer(model, training, validation, options, workers, saveEvery, run, progress);
            out.println(String.format(Locale.ROOT,
                    "%,d training and %,d validation frames, %,d steps, %s%s, run folder %s", training.size(),
                    validation.size(), trainer.totalSteps(), precision, recompute ? ", recompute" : "", outdir));
            try (Interrupt interrupt = Interrupt.calls(() -> stop(trainer))) {
                Trainer.Outcome outcome;
                try (progress) {
                    outcome = resume ? trainer.resume(device) : trainer.start(() -> RunRecord.write(spec, outdir,
                            loadFrom, Map.of("training", training, "validation", validation)));
                }
                return report(outcome, trainer.totalSteps(), run, interrupt);
            }
        }
    }

    private void stop(Trainer trainer) {
        trainer.requestStop();
        spec.commandLine().getErr().println("Stopping after this step to save; Ctrl-C once more ends at once,"
                + " without.");
    }

    /** What the words alone show to be wrong; {@link TrainOptions} has looked at its part. */
    private void check() {
        WrongCall.unless(workers >= 1, spec, "--workers is " + workers + ", but must be at least 1.");
        WrongCall.unless(saveEvery >= 0, spec, "--save-every is " + saveEvery
                + ", but a number of steps is not negative.");
        if (encoder != null) {
            WrongCall.orValue(spec, () -> Encoder.of(encoder));
        }
        if (init == Init.NONE) {
            WrongCall.unless(encoder != null && loadFrom == null, spec,
                    "--init none starts from random numbers; it needs --encoder and takes no --load-from.");
        } else {
            WrongCall.unless(loadFrom != null || resume, spec,
                    "--load-from is missing: the weights to start from; or start from random numbers with --init none"
                    + " and --encoder.");
        }
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
        if (outcome.end() == Trainer.End.STOPPED) {
            out.println(String.format(Locale.ROOT,
                    "stopped after step %,d of %,d, saved in %s; the same command with --resume goes on from there",
                    progress.step(), steps, run.last()));
            return interrupt.exitCode();
        }
        out.println(String.format(Locale.ROOT, "done: best abs_rel %.4f in epoch %d, %s", progress.bestAbsRel(),
                progress.bestEpoch() + 1,
                run.best()));
        return 0;
    }

    private Augmentation augmentation() {
        Augmentation a = Augmentation.article();
        a = flip ? a : a.withFlip(FlipMode.NONE, 0);
        a = jitter ? a : a.withJitter(0, 0);
        return noise ? a : a.withNoise(0, 0);
    }

    /** The network with its start values; without any for a run that is resumed, whose saved state brings them. */
    private DepthAnythingV2 model(RunFolder run, Device device) {
        DepthHead head = new DepthHead.Metric(maxDepth);
        if (resume) {
            ModelConfig saved = run.savedModel();
            if (encoder != null && !saved.equals(Encoder.of(encoder).config())) {
                throw new FathomException(run.last() + " is of another network than --encoder " + encoder
                        + "; leave --encoder out.");
            }
            return new DepthAnythingV2(saved, head);
        }
        if (init == Init.NONE) {
            DepthAnythingV2 model = new DepthAnythingV2(Encoder.of(encoder).config(), head);
            model.parameters().initialise(seed, device, name -> true);
            return model;
        }
        try (ModelFile file = ModelFile.open(loadFrom)) {
            if (encoder != null) {
                file.require(Encoder.of(encoder));
            }
            return init == Init.FULL ? file.load(head, Memory.COPY, device)
                    : file.loadEncoder(head, seed, device);
        }
    }
}
