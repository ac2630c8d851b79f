package dev.fathom.tools;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.cli.DatasetArguments;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.cli.DeviceArguments;
import dev.fathom.tools.cli.ModelArguments;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.evaluate.EvaluationFiles;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.evaluation.predictions.NetworkPredictions;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.MetricsAccumulator;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom evaluate}: how good a metric model is on a data set. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measure a metric model on a data set, at the original resolution.",
        footerHeading = "%nMeasures (p predicted, t true depth of a pixel; mean over an image's valid pixels, then "
        + "over images):%n")
final class EvaluateCommand implements Callable<Integer> {
    @Mixin
    private ModelArguments model;

    @Mixin
    private DeviceArguments where;

    @Mixin
    private DatasetArguments which;

    @Option(names = "--min-depth", defaultValue = "0.001", paramLabel = "M", description =
            "Nearer true depths do not count (default: ${DEFAULT-VALUE}).")
    private float minDepth;

    @Option(names = "--eval-max-depth", paramLabel = "M", description =
            "Farther true depths do not count (default: the model's largest depth).")
    private Float evalMaxDepth;

    @Option(names = "--outdir", paramLabel = "DIR", description = "Write metrics.json and per_sample_metrics.csv here.")
    private Path outdir;

    @Option(names = "--workers", defaultValue = "2", description =
            "Loader threads; results do not depend on it (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Option(names = "--skip-bad", defaultValue = "stop", paramLabel = "N", description =
            "How many frames that cannot be read to do without: stop (default) ends at the first, 20 or 1%% leaves out"
            + " so many, all leaves out any number.")
    private String skipBad;

    private CommandSpec spec;

    /** The footer of {@code --help} is each measure's definition, from where it is computed. */
    @Spec
    void spec(CommandSpec command) {
        spec = command;
        String[] lines = new String[DepthMetric.values().length];
        for (DepthMetric metric : DepthMetric.values()) {
            lines[metric.ordinal()] = String.format(Locale.ROOT, "  %-11s %s", metric.key(), metric.description()
                    .replace("%", "%%"));
        }
        command.usageMessage().footer(lines);
    }

    @Override
    public Integer call() {
        DatasetText data = which.text(spec);
        model.check(spec);
        where.check(spec);
        // With the largest depth that there is, as long as the model has not said its own.
        WrongCall.orValue(spec, () -> options(Float.MAX_VALUE));
        DepthDataset dataset = data.open(SkipBad.of(skipBad));
        try (ModelFile file = model.open(); MemoryScope scope = MemoryScope.open("model")) {
            if (!(model.head(file) instanceof DepthHead.Metric metric)) {
                throw new FathomException(file.path()
                        + " is a relative model, whose numbers are no metres and cannot be measured against depth;"
                        + " expected a metric model: fine-tune this one first (fathom train), or take a metric "
                        + "checkpoint.");
            }
            EvaluationOptions options = options((float) metric.maxDepth());
            DepthAnythingV2 network = model.load(file, where.choose(spec.commandLine().getOut()));
            if (outdir != null) {
                OutputFolder.make(outdir);
            }
            Evaluation evaluation;
            try (Progress progress = Progress.start("Evaluating", dataset.size(), "images");
                    NetworkPredictions source = new NetworkPredictions(ModelArguments.describe(file), Map.of(), network,
                            model.inputSize, model.precision)) {
                evaluation = new Evaluator(options).run(source, dataset, new Evaluator.Listener() {
                    @Override
                    public boolean evaluated(int number, ImageResult result, DepthSample sample, Scored scored) {
                        progress.step();
                        return true;
                    }

                    @Override
                    public void leftOut(BadFrame frame) {
                        progress.step();
                        spec.commandLine().getErr().println("left out a " + frame.fault().key() + " frame: "
                                + frame.sentence());
                    }
                });
            }
            if (evaluation.counted() == 0) {
                throw new FathomException("None of the " + evaluation.skipped() + " images of " + data + " has "
                        + MetricsAccumulator.MIN_PIXELS
                        + " pixels with a depth from " + options.protocol().min() + " to " + options.protocol().max()
                        + " m, so there is nothing to measure;"
                        + " check --min-depth, --eval-max-depth, and that depths are in metres.");
            }
            report(evaluation, options, file, metric, data);
            return 0;
        }
    }

    private EvaluationOptions options(float modelsLargest) {
        return new EvaluationOptions(Protocol.plain(minDepth, evalMaxDepth != null ? evalMaxDepth : modelsLargest),
                1, workers, SkipBad.of(skipBad));
    }

    private static String leftOut(Evaluation evaluation) {
        return (evaluation.skipped() > 0 ? " (" + evaluation.skipped() + " without enough depth left out)" : "")
                + (evaluation.bad().isEmpty() ? "" : " (not read: " + SkipBad.words(evaluation.bad()) + ")");
    }

    private void report(Evaluation evaluation, EvaluationOptions options, ModelFile file, DepthHead head,
            DatasetText data) {
        PrintWriter out = spec.commandLine().getOut();
        out.println(String.format(Locale.ROOT,
                "%s on %s: %d images%s, true depths in [%s, %s] m, original resolution, no alignment, no crop,"
                + " no clamping", model.describeUse(file), data, evaluation.counted(),
                leftOut(evaluation),
                options.protocol().min(),
                options.protocol().max()));
        out.println(EvaluationFiles.table(evaluation.mean()).stripTrailing());
        if (outdir != null) {
            Map<String, Object> about = new LinkedHashMap<>();
            about.put("name", ModelArguments.describe(file));
            about.put("file", file.path().getFileName().toString());
            about.put("sha256", ContentHash.of(file.path()).hex());
            about.put("head", head.kind());
            about.put("unit", head.unit());
            EvaluationFiles.writeJson(outdir.resolve("metrics.json"), evaluation, options, about,
                    model.inputSize, model.precision, data.toString());
            EvaluationFiles.writeCsv(outdir.resolve("per_sample_metrics.csv"), evaluation);
            out.println("written: " + outdir.resolve("metrics.json") + ", " + outdir.resolve("per_sample_metrics.csv"));
        }
    }
}
