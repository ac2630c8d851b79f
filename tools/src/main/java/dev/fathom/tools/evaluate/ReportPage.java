package dev.fathom.tools.evaluate;

import dev.fathom.tools.cli.Version;
import dev.fathom.tools.evaluate.page.Candidate;
import dev.fathom.tools.evaluate.page.DepthCurve;
import dev.fathom.tools.evaluate.page.EvaluationPage;
import dev.fathom.tools.evaluate.page.ImageScores;
import dev.fathom.tools.evaluate.page.SamplePictures;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.predictions.PredictionSource;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.Measure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An evaluation as a page to look at. */
final class ReportPage {
    private final EvaluationReport report;

    private ReportPage(EvaluationReport report) {
        this.report = report;
    }

    /**
     * Writes it. A few images are predicted once more, to be shown.
     *
     * @param curves errors by depth, one a source
     * @param sources in the report's order
     */
    static void write(Path file, EvaluationReport report, List<DepthCurve> curves, List<PredictionSource> sources,
            DepthDataset data) {
        new ReportPage(report).write(file, curves, sources, data);
    }

    private void write(Path file, List<DepthCurve> curves, List<PredictionSource> sources, DepthDataset data) {
        List<Candidate> candidates = report.results().stream().map(this::candidate).toList();
        EvaluationPage page = new EvaluationPage("Evaluation", String.join(", ", candidates.stream().map(Candidate::name)
                .toList()) + " on " + report.data().text() + ", protocol " + report.protocol() + ".", candidates)
                .result(notes());
        report.bootstrap().ifPresent(bootstrap -> page.comparisons(bootstrap, comparisons()));
        page.definition(definition())
                .byDepth(curves, report.options().protocol().space())
                .spread(report.options().protocol().space())
                .images(SamplePictures.draw(candidates, DepthMetric.ABS_REL, report.options(), sources, data))
                .footer(Version.line())
                .save(file);
    }

    private Candidate candidate(EvaluationReport.Result result) {
        Map<Measure, Interval> overall = new LinkedHashMap<>();
        report.measures().forEach(measure -> overall.put(measure, result.value(measure)));
        return new Candidate(result.name(), overall, result.evaluation().images().stream()
                .map(image -> ImageScores.of(image, report.measures())).toList());
    }

    private List<String> notes() {
        List<String> notes = new ArrayList<>();
        EvaluationTable.units(report).ifPresent(units -> notes.add(units + "."));
        report.bootstrap().ifPresent(bootstrap -> notes.add(ofIntervals(bootstrap)));
        for (EvaluationReport.Result result : report.results()) {
            if (result.evaluation().nonFinite() > 0) {
                notes.add(result.evaluation().nonFinite() + " images of " + result.name() + " have a measure that is no finite"
                        + " number, as some prediction is not above 0.");
            }
        }
        return notes;
    }

    /** What a page says below numbers with intervals. */
    static String ofIntervals(Bootstrap bootstrap) {
        return String.format(Locale.ROOT, "Below each number the range that holds the true one with %s %% confidence, if the"
                + " images are a random sample of those to come, which the frames of one video are not (bootstrap over images,"
                + " %s, %,d resamples, seed %d).", EvaluationTable.percent(bootstrap), bootstrap.method(), bootstrap.resamples(),
                bootstrap.seed());
    }

    private Map<String, List<PairedComparison>> comparisons() {
        Map<String, List<PairedComparison>> comparisons = new LinkedHashMap<>();
        report.comparisons().forEach(c -> comparisons.put(c.second() + " against " + c.first(), c.measures()));
        return comparisons;
    }

    private Map<String, String> definition() {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("protocol", report.protocol());
        report.options().protocol().toMap().forEach((key, value) -> {
            if (value != null) {
                words.put(key.replace('_', ' '), value.toString());
            }
        });
        words.put("data", report.data().text());
        words.put("data fingerprint", report.data().fingerprint());
        words.put("frames", String.format(Locale.ROOT, "%,d", report.data().frames()));
        boolean several = report.results().size() > 1;
        for (EvaluationReport.Result result : report.results()) {
            String of = several ? result.name() + ": " : "";
            Evaluation evaluation = result.evaluation();
            words.put(of + "images", String.format(Locale.ROOT, "%,d with %,d pixels", evaluation.counted(),
                    evaluation.mean().pixels()));
            evaluation.reasons().forEach((why, count) -> words.put(of + "left out: " + why, count.toString()));
            evaluation.bad().forEach((fault, count) -> words.put(of + "not read: " + fault, count.toString()));
            result.about().forEach((key, value) -> {
                if (value != null) {
                    words.put(of + key.replace('_', ' '), value.toString());
                }
            });
        }
        return words;
    }
}
