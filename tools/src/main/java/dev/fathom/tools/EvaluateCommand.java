package dev.fathom.tools;

import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tools.evaluate.EvaluationFiles;
import dev.fathom.tools.predict.Predictor;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.metrics.DepthMetric;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code fathom evaluate}: how good a metric model is on a data set. */
@Command(name = "evaluate", mixinStandardHelpOptions = true, sortOptions = false,
        description = "Measure a metric model on NYU-layout HDF5, at the original resolution.",
        footerHeading = "%nMeasures (p predicted, t true depth of a pixel; mean over an image's valid pixels, then over images):%n")
final class EvaluateCommand implements Callable<Integer> {
    @Mixin
    private ModelArguments model;

    @Option(names = "--data", required = true, paramLabel = "DIR", description = "A folder of .h5 frames, searched with its subfolders.")
    private Path data;

    @Option(names = "--min-depth", defaultValue = "0.001", paramLabel = "M", description = "Nearer true depths do not count (default: ${DEFAULT-VALUE}).")
    private float minDepth;

    @Option(names = "--eval-max-depth", paramLabel = "M", description = "Farther true depths do not count (default: the model's largest depth).")
    private Float evalMaxDepth;

    @Option(names = "--outdir", paramLabel = "DIR", description = "Write metrics.json and per_sample_metrics.csv here.")
    private Path outdir;

    @Option(names = "--workers", defaultValue = "2", description = "Loader threads; results do not depend on it (default: ${DEFAULT-VALUE}).")
    private int workers;

    private CommandSpec spec;

    /** The footer of {@code --help} is each measure's definition, from where it is computed. */
    @Spec
    void spec(CommandSpec command) {
        spec = command;
        String[] lines = new String[DepthMetric.values().length];
        for (DepthMetric metric : DepthMetric.values()) {
            lines[metric.ordinal()] = String.format("  %-9s %s", metric.key(), metric.description().replace("%", "%%"));
        }
        command.usageMessage().footer(lines);
    }

    @Override
    public Integer call() {
        DepthDataset dataset = NyuHdf5Dataset.open(data);
        if (outdir != null) {
            Predictor.makeFolder(outdir);
        }
        try (ModelFile file = model.open(); MemoryScope scope = MemoryScope.open("model")) {
            DepthAnythingV2 network = model.load(file);
            float max = evalMaxDepth != null ? evalMaxDepth
                    : network.head() instanceof DepthHead.Metric metric ? (float) metric.maxDepth() : Float.POSITIVE_INFINITY;
            EvaluationOptions options = new EvaluationOptions(model.inputSize, minDepth, max, workers);
            Evaluation evaluation;
            try (Progress progress = Progress.start("Evaluating", dataset.size(), "images")) {
                evaluation = new Evaluator(options).run(network, dataset, (result, sample, prediction) -> {
                    progress.step();
                    return true;
                });
            }
            report(evaluation, options, file, network.head());
            return evaluation.counted() > 0 ? 0 : Main.FAILED;
        }
    }

    private void report(Evaluation evaluation, EvaluationOptions options, ModelFile file, DepthHead head) {
        spec.commandLine().getOut().println(String.format("%s on %s: %d images%s, true depths in [%s, %s] m, original resolution, no alignment, no crop, no clamping",
                ModelArguments.describe(file), data, evaluation.counted(),
                evaluation.skipped() > 0 ? " (" + evaluation.skipped() + " without enough depth left out)" : "", options.minDepth(), options.maxDepth()));
        spec.commandLine().getOut().println(EvaluationFiles.table(evaluation.mean()).stripTrailing());
        if (evaluation.counted() == 0) {
            spec.commandLine().getErr().println("no image of " + data + " has 10 or more pixels with a depth in range; check --min-depth, --eval-max-depth and the data's unit (metres)");
        }
        if (outdir != null) {
            Map<String, Object> about = new LinkedHashMap<>();
            about.put("name", ModelArguments.describe(file));
            about.put("file", file.path().getFileName().toString());
            about.put("sha256", ContentHash.of(file.path()).hex());
            about.put("head", head.kind());
            about.put("unit", head.unit());
            EvaluationFiles.writeJson(outdir.resolve("metrics.json"), evaluation, options, about, data.toString());
            EvaluationFiles.writeCsv(outdir.resolve("per_sample_metrics.csv"), evaluation);
            spec.commandLine().getOut().println("written: " + outdir.resolve("metrics.json") + ", " + outdir.resolve("per_sample_metrics.csv"));
        }
    }
}
