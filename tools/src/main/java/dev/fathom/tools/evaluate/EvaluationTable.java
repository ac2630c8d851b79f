package dev.fathom.tools.evaluate;

import dev.fathom.training.data.SkipBad;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.predictions.FilePredictions;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.Fit;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import dev.fathom.training.evaluation.statistics.PairedComparison;
import dev.fathom.training.metrics.Measure;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** An evaluation for people: what was measured, how, and the numbers side by side. */
public final class EvaluationTable {
    private final EvaluationReport report;

    public EvaluationTable(EvaluationReport report) {
        this.report = report;
    }

    /** Everything, in lines. */
    public String text() {
        List<String> lines = new ArrayList<>();
        for (EvaluationReport.Result result : report.results()) {
            lines.add(result.name() + " on " + report.data().text() + ": " + counts(result.evaluation()));
            remarks(result.evaluation(), lines);
            if (result.about().get(FilePredictions.STRETCHED) instanceof Integer stretched && stretched > 0) {
                lines.add("  " + stretched + " maps have another shape than their picture and were stretched to it; if they show a"
                        + " part of it, say which: covers=kb");
            }
        }
        if (report.results().stream().map(r -> r.evaluation().reasons()).distinct().count() > 1) {
            lines.add("the columns are not of the same images: only the comparison image by image is fair");
        }
        lines.add("protocol " + report.protocol() + ": " + report.options().protocol());
        units(report).ifPresent(lines::add);
        report.bootstrap().ifPresent(b -> lines.add(about(b)));
        report.data().stopped().ifPresent(lines::add);
        lines.addAll(numbers());
        report.comparisons().forEach(comparison -> lines.addAll(compared(comparison)));
        return String.join(System.lineSeparator(), lines);
    }

    /** How intervals were made. */
    static String about(Bootstrap bootstrap) {
        return String.format(Locale.ROOT, "[%s %% intervals over images: bootstrap %s, %,d resamples, seed %d]",
                percent(bootstrap), bootstrap.method(), bootstrap.resamples(), bootstrap.seed());
    }

    /** What the definitions' units become where no depths are compared. */
    static Optional<String> units(EvaluationReport report) {
        return report.options().protocol().space() == Space.DEPTH ? Optional.empty()
                : Optional.of("p and t are disparities in 1/m: where a definition says metres, read 1/m, and i_rmse is the rmse"
                + " of depth in millimetres");
    }

    /** The confidence, {@code 95}. */
    static String percent(Bootstrap bootstrap) {
        return new DecimalFormat("0.##", DecimalFormatSymbols.getInstance(Locale.ROOT)).format(100 * bootstrap.level());
    }

    private static String counts(Evaluation evaluation) {
        String reasons = evaluation.reasons().entrySet().stream().map(e -> e.getValue() + " left out: " + e.getKey())
                .collect(Collectors.joining("; "));
        return evaluation.counted() + " images" + (reasons.isEmpty() ? "" : " (" + reasons + ")")
                + (evaluation.bad().isEmpty() ? "" : " (not read: " + SkipBad.words(evaluation.bad()) + ")") + ", "
                + String.format(Locale.ROOT, "%,d pixels", evaluation.mean().pixels());
    }

    /** What a reader should know before the numbers are believed. */
    private static void remarks(Evaluation evaluation, List<String> lines) {
        List<Fit> fits = evaluation.fits();
        if (!fits.isEmpty()) {
            double[] scales = fits.stream().mapToDouble(Fit::scale).sorted().toArray();
            double median = scales.length % 2 == 1 ? scales[scales.length / 2]
                    : (scales[scales.length / 2 - 1] + scales[scales.length / 2]) / 2;
            double spread = Math.sqrt(IntStream.range(0, scales.length).mapToDouble(i -> Math.pow(scales[i] / median - 1, 2))
                    .average().orElseThrow());
            lines.add(String.format(Locale.ROOT, "  fitted scales: median %.5g, root mean square of scale/median - 1: %.4f",
                    median, spread));
            long negative = fits.stream().filter(fit -> fit.scale() < 0).count();
            if (negative > 0) {
                lines.add("  in " + negative + " of " + fits.size() + " images the fitted scale is negative: does the"
                        + " prediction grow the other way than it was said to?");
            }
        }
        if (evaluation.nonFinite() > 0) {
            lines.add("  " + evaluation.nonFinite() + " images have a measure that is no finite number, as some prediction is"
                    + " not above 0; --clamp brings predictions into the range");
        }
        long missing = evaluation.images().stream().mapToLong(image -> image.missing()).sum();
        if (missing > 0) {
            lines.add(String.format(Locale.ROOT, "  %,d pixels that count have no prediction", missing));
        }
    }

    private List<String> numbers() {
        List<String> lines = new ArrayList<>();
        int keys = report.measures().stream().mapToInt(m -> m.key().length()).max().orElse(0);
        if (report.results().size() == 1) {
            for (Measure measure : report.measures()) {
                lines.add(String.format(Locale.ROOT, "  %-" + keys + "s %9.4f  %s%s", measure.key(), value(0, measure).estimate(),
                        range(value(0, measure)), direction(measure)));
            }
            return lines;
        }
        int[] widths = IntStream.range(0, report.results().size()).map(r -> Math.max(report.results().get(r).name().length(),
                report.measures().stream().mapToInt(m -> cell(r, m).length()).max().orElse(0))).toArray();
        StringBuilder header = new StringBuilder(" ".repeat(keys + 2));
        IntStream.range(0, widths.length).forEach(r -> header.append("  ").append(padded(report.results().get(r).name(),
                widths[r])));
        lines.add(header.toString());
        for (Measure measure : report.measures()) {
            StringBuilder line = new StringBuilder("  " + padded(measure.key(), keys));
            IntStream.range(0, widths.length).forEach(r -> line.append("  ").append(padded(cell(r, measure), widths[r])));
            lines.add(line + "  " + direction(measure));
        }
        return lines;
    }

    private Interval value(int result, Measure measure) {
        return report.results().get(result).value(measure);
    }

    private String cell(int result, Measure measure) {
        return String.format(Locale.ROOT, "%9.4f  %s", value(result, measure).estimate(), range(value(result, measure)));
    }

    private String range(Interval interval) {
        if (report.bootstrap().isEmpty()) {
            return "";
        }
        return String.format(Locale.ROOT, "%-20s  ", Double.isNaN(interval.low()) ? ""
                : String.format(Locale.ROOT, "[%.4f, %.4f]", interval.low(), interval.high()));
    }

    private static String direction(Measure measure) {
        return measure.higherIsBetter() ? "higher is better" : "lower is better";
    }

    static List<String> compared(EvaluationReport.Comparison comparison) {
        List<String> lines = new ArrayList<>();
        lines.add(comparison.second() + " against " + comparison.first() + ", image by image: difference [interval], images on"
                + " which " + comparison.second() + " is better : worse, p of the sign test and of Wilcoxon's");
        int keys = comparison.measures().stream().mapToInt(c -> c.measure().key().length()).max().orElse(0);
        for (PairedComparison c : comparison.measures()) {
            lines.add(String.format(Locale.ROOT, "  %-" + keys + "s %+9.4f %-22s %5d : %-5d %8.2g %8.2g  %s", c.measure().key(),
                    c.difference().estimate(), Double.isNaN(c.difference().low()) ? "" : String.format(Locale.ROOT,
                    "[%+.4f, %+.4f]", c.difference().low(), c.difference().high()), c.wins(), c.losses(), c.signP(),
                    c.wilcoxonP(), !c.isClear() ? "not clear" : c.secondIsBetter() ? comparison.second() + " is better"
                    : comparison.first() + " is better"));
        }
        return lines;
    }

    private static String padded(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
