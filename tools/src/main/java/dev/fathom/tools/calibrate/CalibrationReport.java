package dev.fathom.tools.calibrate;

import dev.fathom.models.calibration.Calibration;
import dev.fathom.models.calibration.InverseDepthFit;
import dev.fathom.models.calibration.InverseDepthFit.Residual;
import dev.fathom.models.calibration.InverseDepthLine;
import dev.fathom.models.calibration.StudentT;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A fit for people: the line, how well it is known, the points beside it, and depths with their error bars. */
final class CalibrationReport {
    /** More points than these are not listed one by one. */
    private static final int MOST_POINTS = 40;
    private static final int WORST_POINTS = 10;
    /** A picture whose points together lie off as seldom as this, if one line held for all, disagrees with the others. */
    private static final double SURPRISING = 0.01;
    private static final double ROUNDING = 1e-6;

    private final InverseDepthFit fit;
    private final Calibration calibration;
    private final double confidence;
    private final StringBuilder text = new StringBuilder();

    private CalibrationReport(InverseDepthFit fit, Calibration calibration, double confidence) {
        this.fit = fit;
        this.calibration = calibration;
        this.confidence = confidence;
    }

    /**
     * The report.
     *
     * @param at depths that were asked for, metres
     */
    static String of(InverseDepthFit fit, Calibration calibration, double confidence, List<Double> at) {
        CalibrationReport report = new CalibrationReport(fit, calibration, confidence);
        report.line();
        report.points();
        if (calibration.pictures().size() > 1) {
            report.pictures();
        }
        report.depths(at);
        report.hints();
        return report.text.toString();
    }

    private void line() {
        InverseDepthLine line = calibration.line();
        say("1/metres = a + b d, d the model's number, %s over %d points in %d picture%s; errors of the points: %s",
                fit.robust() ? "robustly" : "least squares", calibration.points(), calibration.pictures().size(),
                plural(calibration.pictures().size()), line.errors().key());
        coefficient("a", line.hasErrors() ? line.intervalOfA(confidence) : null, line.a(), line.varA());
        coefficient("b", line.hasErrors() ? line.intervalOfB(confidence) : null, line.b(), line.varB());
        if (!line.hasErrors()) {
            say("  Two points leave nothing to tell their error by: no error bars. Give more points, or their standard"
                    + " error (--sigma).");
            return;
        }
        say("  R2 %.5f, correlation of a and b %.3f, points lie off by %s (%s)", fit.r2(),
                line.covAB() / Math.sqrt(line.varA() * line.varB()), line.errors().describe(line.scatter()),
                Double.isInfinite(line.freedom()) ? "as stated" : (long) line.freedom() + " degrees of freedom");
        if (line.intervalOfB(confidence).low() <= 0) {
            say("  The interval of b reaches 0: these points hardly show that the model's number has to do with depth.");
        }
    }

    private void coefficient(String name, InverseDepthLine.Interval interval, double value, double variance) {
        say(interval == null ? "  %s %11.6g 1/m" : "  %s %11.6g 1/m, standard error %.3g, %s %% interval %.6g to %.6g", name,
                value, Math.sqrt(variance), percent(), interval == null ? 0 : interval.low(),
                interval == null ? 0 : interval.high());
    }

    private void points() {
        List<Residual> shown = fit.residuals();
        if (shown.size() > MOST_POINTS) {
            shown = shown.stream().sorted(Comparator.comparingDouble((Residual r) -> -Math.abs(r.relative())))
                    .limit(WORST_POINTS).toList();
        }
        int width = shown.stream().mapToInt(r -> r.point().place().length()).max().orElse(5);
        say("");
        say("%s%s %10s %12s %12s %9s  %s", pad("point", width), fit.residuals().size() > shown.size()
                ? " (the " + WORST_POINTS + " farthest off)" : "", "d", "measured", "by the line", "off",
                fit.robust() ? "weight" : "in its own errors");
        for (Residual r : shown) {
            say("%s %10.5g %10.4g m %12s %+8.1f %%  %s", pad(r.point().place(), width), r.point().d(),
                    r.point().metres(), metres(r.fitted()), 100 * r.relative(),
                    fit.robust() ? String.format(Locale.ROOT, "%.2f", r.weight())
                    : Double.isNaN(r.studentised()) ? "-" : String.format(Locale.ROOT, "%+.1f", -r.studentised()));
        }
    }

    /** One line for all pictures may fit none of them: each one's own error, all its points together. */
    private void pictures() {
        Map<String, List<Residual>> byPicture = new LinkedHashMap<>();
        fit.residuals().stream().filter(r -> r.weight() > 0).forEach(r -> byPicture.computeIfAbsent(r.point().picture(),
                p -> new ArrayList<>()).add(r));
        int width = byPicture.keySet().stream().mapToInt(String::length).max().orElse(7);
        say("");
        say("%s  points  mean error  root mean square", pad("picture", width));
        byPicture.forEach((picture, own) -> say("%s %7d %+9.1f %% %15.1f %%", pad(picture, width), own.size(),
                100 * mean(own), 100 * rms(own)));
        List<String> off = off(byPicture);
        if (!off.isEmpty()) {
            say("  %s %s off as a whole: a relative model may give every picture a scale of its own; calibrate %s alone.",
                    String.join(", ", off), off.size() == 1 ? "lies" : "lie", off.size() == 1 ? "it" : "each");
        }
    }

    /** Pictures whose mean error is more than the scatter within pictures explains (t, Bonferroni). */
    private static List<String> off(Map<String, List<Residual>> byPicture) {
        int points = byPicture.values().stream().mapToInt(List::size).sum();
        int freedom = points - byPicture.size();
        if (freedom < 1) {
            return List.of();
        }
        double within = Math.sqrt(byPicture.values().stream().mapToDouble(own -> own.stream()
                .mapToDouble(r -> Math.pow(r.relative() - mean(own), 2)).sum()).sum() / freedom);
        double limit = new StudentT(freedom).quantile(1 - SURPRISING / (2 * byPicture.size()));
        return byPicture.entrySet().stream().filter(e -> Math.abs(mean(e.getValue()))
                > Math.max(ROUNDING, limit * within / Math.sqrt(e.getValue().size()))).map(Map.Entry::getKey).toList();
    }

    private static double mean(List<Residual> residuals) {
        return residuals.stream().mapToDouble(Residual::relative).average().orElse(0);
    }

    private static double rms(List<Residual> residuals) {
        return Math.sqrt(residuals.stream().mapToDouble(r -> r.relative() * r.relative()).average().orElse(0));
    }

    private void depths(List<Double> at) {
        InverseDepthLine line = calibration.line();
        List<Double> depths = new ArrayList<>(at);
        double near = calibration.nearestMetres();
        double far = calibration.farthestMetres();
        for (int i = 0; i <= 4; i++) {
            depths.add(near * Math.pow(far / near, i / 4.0));
        }
        depths.sort(null);
        say("");
        say("%10s %10s %s", "d", "depth", line.hasErrors() ? String.format(Locale.ROOT,
                "%10s   %-24s %s", "std error", String.format(Locale.ROOT, "the line, %s %%", percent()),
                "a single pixel") : "");
        boolean unlimited = false;
        for (double depth : depths) {
            double d = line.dAt(depth);
            String outside = depth < near * (1 - 1e-9) || depth > far * (1 + 1e-9)
                    ? "   beyond the points: a hole unless --extrapolate" : "";
            if (!line.hasErrors()) {
                say("%10.5g %8.4g m%s", d, depth, outside);
                continue;
            }
            InverseDepthLine.Bar bar = line.bar(d, confidence);
            unlimited |= Double.isInfinite(bar.pixel().high());
            say("%10.5g %8.4g m %8.2g m   %-24s %s%s", d, depth, bar.deviation(), range(bar.line()), range(bar.pixel()),
                    outside);
        }
        if (unlimited) {
            say("  No limit: the interval of 1/z reaches 0, so these points do not say how far that is.");
        }
    }

    private static String range(InverseDepthLine.Interval interval) {
        return Double.isInfinite(interval.high()) ? String.format(Locale.ROOT, "%.4g m to no limit", interval.low())
                : String.format(Locale.ROOT, "%.4g to %.4g m", interval.low(), interval.high());
    }

    private void hints() {
        fit.outlier().ifPresent(r -> {
            say("");
            if (fit.robust()) {
                int out = fit.residuals().size() - fit.kept().size();
                say("%d point%s left out as wrong, the farthest off %s (%.4g m, by the line %s).", out,
                        out == 1 ? " was" : "s were", r.point().place(), r.point().metres(), metres(r.fitted()));
            } else {
                say("The point %s does not fit the others: measured %.4g m, by the line %s; check its place and depth, or"
                        + " add --robust.", r.point().place(), r.point().metres(), metres(r.fitted()));
            }
        });
    }

    private String percent() {
        return BigDecimal.valueOf(confidence).movePointRight(2).stripTrailingZeros().toPlainString();
    }

    private static String metres(double value) {
        return value > 0 && Double.isFinite(value) ? String.format(Locale.ROOT, "%.4g m", value) : "none";
    }

    private static String pad(String word, int width) {
        return word + " ".repeat(Math.max(0, width - word.length()));
    }

    private static String plural(int count) {
        return count == 1 ? "" : "s";
    }

    private void say(String format, Object... values) {
        text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
    }
}
