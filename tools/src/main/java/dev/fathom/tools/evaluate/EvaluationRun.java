package dev.fathom.tools.evaluate;

import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tools.calibrate.CalibrationArguments;
import dev.fathom.tools.cli.DatasetText;
import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.WrongCall;
import dev.fathom.tools.evaluate.page.DepthCurve;
import dev.fathom.tools.evaluate.page.OrdinalPictures;
import dev.fathom.tools.output.OutputFolder;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.data.sets.OrdinalDataset;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.EvaluationOptions;
import dev.fathom.training.evaluation.Evaluator;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.evaluation.ordinal.OrdinalEvaluation;
import dev.fathom.training.evaluation.ordinal.OrdinalEvaluator;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.scoring.Scored;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** Measures what was asked for, side by side. */
public final class EvaluationRun {
    /** Pictures of an ordinal evaluation that its page shows. */
    private static final int SHOWN = 6;

    private final ModelsArguments models;
    private final CalibrationArguments metres;
    private final PredictionArguments predictions;
    private final ProtocolArguments protocol;
    private final MeasureArguments measures;
    private final int batch;
    private final int workers;
    private volatile boolean stopped;

    public EvaluationRun(ModelsArguments models, CalibrationArguments metres, PredictionArguments predictions,
            ProtocolArguments protocol, MeasureArguments measures, int batch, int workers) {
        this.models = models;
        this.metres = metres;
        this.predictions = predictions;
        this.protocol = protocol;
        this.measures = measures;
        this.batch = batch;
        this.workers = workers;
    }

    /** Ends the measuring after the picture at hand; what is measured is reported, without a page. From any thread. */
    public void stop() {
        stopped = true;
    }

    /** Checks what needs no file; a wrong call if something is. */
    public void check(CommandSpec spec) {
        if (models.files().isEmpty() && predictions.all().isEmpty()) {
            List<ArgSpec> either = new ArrayList<>(List.of(spec.findOption("--load-from"), spec.findOption("--predictions")));
            throw new MissingParameterException(spec.commandLine(), either,
                    "Missing required option: '--load-from=FILE' or '--predictions=[NAME=]DIR,key=value'");
        }
        models.check(spec);
        metres.check(spec);
        protocol.check(spec);
        measures.check(spec);
        // With a range that suits, as long as data set and models have not said theirs.
        WrongCall.orValue(spec, () -> options(protocol.plain(), SkipBad.STOP));
    }

    /**
     * Measures.
     *
     * @param device asked only when the weights are to be loaded
     * @param outdir where results will go; made before the work begins, or null
     * @param page where to write the page, or null
     * @param err sees every frame that is left out
     */
    public EvaluationReport run(DatasetText data, DepthDataset dataset, SkipBad skips, Supplier<Device> device, Path outdir,
            Path page, PrintWriter err) {
        try (Sources sources = Sources.open(models, metres, predictions.all(), dataset)) {
            Protocol choices = protocol.protocol(data.spec().format().name(), sources.largestDepth());
            EvaluationOptions options = options(choices, skips);
            sources.requireMeaning(choices);
            List<PredictionSource> all = sources.load(device, outdir != null);
            if (outdir != null) {
                OutputFolder.make(outdir);
            }
            List<DepthCurve> curves = page == null ? List.of() : all.stream().map(s -> new DepthCurve(choices.space())).toList();
            List<Evaluation> evaluations;
            try (Progress progress = Progress.start("Evaluating", dataset.size(), "images")) {
                evaluations = new Evaluator(options).run(all, dataset, listener(progress, all.size(), curves, err));
            }
            List<EvaluationReport.Result> results = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                Evaluation evaluation = evaluations.get(i);
                requireImages(all.get(i).name(), evaluation, data, choices);
                results.add(new EvaluationReport.Result(all.get(i).name(), all.get(i).about(), evaluation,
                        measures.bootstrap().map(evaluation::intervals).orElse(Map.of())));
            }
            Evaluation any = evaluations.getFirst();
            EvaluationReport report = new EvaluationReport(protocol.name(), options, seen(data, dataset, any.images().size(),
                    any.bad()), measures.bootstrap(), results, comparisons(results));
            if (page != null && report.data().whole()) {
                ReportPage.write(page, report, curves, all, dataset);
            }
            return report;
        }
    }

    /**
     * Measures on pictures of which only the order of points is known.
     *
     * @param outdir where results will go, or null
     * @param page where to write the page, or null
     * @param err sees every picture that is left out
     */
    public OrdinalReport ordinal(DatasetText data, OrdinalDataset dataset, SkipBad skips, Supplier<Device> device,
            Path outdir, Path page, PrintWriter err) {
        List<String> without = new ArrayList<>(protocol.changed());
        if (!measures.families().isEmpty()) {
            without.add("--measures");
        }
        if (!without.isEmpty()) {
            throw new FathomException(String.join(" and ", without) + " mean" + (without.size() == 1 ? "s" : "")
                    + " nothing for " + data + ", which knows no depth, only which of two points is nearer; leave "
                    + (without.size() == 1 ? "it" : "them") + " out.");
        }
        try (Sources sources = Sources.open(models, metres, predictions.all(), dataset)) {
            List<PredictionSource> all = sources.load(device, outdir != null);
            if (outdir != null) {
                OutputFolder.make(outdir);
            }
            OrdinalEvaluator evaluator = new OrdinalEvaluator(batch, workers, skips);
            List<OrdinalEvaluation> evaluations;
            try (Progress progress = Progress.start("Evaluating", dataset.size(), "images")) {
                evaluations = evaluator.run(all, dataset, () -> {
                    progress.step();
                    return !stopped;
                }, frame -> leftOut(frame, progress, err));
            }
            List<OrdinalReport.Result> results = new ArrayList<>();
            for (int i = 0; i < all.size(); i++) {
                if (evaluations.get(i).pairs() == 0) {
                    throw new FathomException("None of the images of " + data + " could be measured for " + all.get(i).name()
                            + " (" + evaluations.get(i).reasons().keySet() + "); check that the maps belong to these"
                            + " pictures.");
                }
                results.add(new OrdinalReport.Result(all.get(i).name(), all.get(i).about(), evaluations.get(i)));
            }
            OrdinalEvaluation any = evaluations.getFirst();
            OrdinalReport report = new OrdinalReport(seen(data, dataset, any.images().size(), any.bad()),
                    measures.bootstrap(), results);
            if (page != null && report.data().whole()) {
                OrdinalFiles.writePage(page, report, OrdinalPictures.draw(report.wrong(SHOWN), all, dataset,
                        evaluator.options()));
            }
            return report;
        }
    }

    private static EvaluationReport.Data seen(DatasetText data, DepthDataset dataset, int measured,
            Map<String, Integer> bad) {
        return new EvaluationReport.Data(data.toString(), dataset.fingerprint(), dataset.size(),
                measured + bad.values().stream().mapToInt(Integer::intValue).sum());
    }

    private static void leftOut(BadFrame frame, Progress progress, PrintWriter err) {
        progress.step();
        err.println("left out a " + frame.fault().key() + " frame: " + frame.sentence());
    }

    private EvaluationOptions options(Protocol choices, SkipBad skips) {
        return new EvaluationOptions(choices, measures.families(), batch, workers, skips);
    }

    private List<EvaluationReport.Comparison> comparisons(List<EvaluationReport.Result> results) {
        return measures.bootstrap().map(bootstrap -> results.stream().skip(1).map(other -> EvaluationReport.compare(
                results.getFirst(), other, bootstrap)).toList()).orElse(List.of());
    }

    private Evaluator.Listener listener(Progress progress, int sources, List<DepthCurve> curves,
            PrintWriter err) {
        return new Evaluator.Listener() {
            @Override
            public boolean evaluated(int source, ImageResult result, DepthSample sample, Scored scored) {
                if (!curves.isEmpty() && result.skipped().isEmpty()) {
                    curves.get(source).add(scored);
                }
                if (source < sources - 1) {
                    return true;
                }
                progress.step();
                return !stopped;
            }

            @Override
            public void leftOut(BadFrame frame) {
                EvaluationRun.leftOut(frame, progress, err);
            }
        };
    }

    private static void requireImages(String name, Evaluation evaluation, DatasetText data, Protocol choices) {
        if (evaluation.counted() == 0) {
            String reasons = evaluation.reasons().entrySet().stream().map(e -> e.getValue() + ": " + e.getKey())
                    .collect(Collectors.joining("; "));
            throw new FathomException("None of the " + evaluation.skipped() + " images of " + data
                    + " could be measured for " + name + " (" + reasons + "); check --crop, which is " + choices.crop()
                    + ", --min and --max, which are " + choices.min() + " and " + choices.max()
                    + " m, and that depths are in metres.");
        }
    }
}
