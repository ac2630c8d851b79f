package dev.fathom.tools.report.run;

import dev.fathom.tools.report.LineChart;
import dev.fathom.tools.report.Series;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.options.LossOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The charts of one run. */
final class RunCharts {
    private static final String STEP = "step";
    private static final String EPOCH = "epoch";
    /** A loss that falls to less than this share of its first values is drawn on a logarithmic axis. */
    private static final double DEEP_FALL = 0.1;

    private final RunHistory run;

    RunCharts(RunHistory run) {
        this.run = run;
    }

    /** Loss, validation, learning rates, gradient norm: those there are numbers for. */
    List<LineChart> training() {
        List<LineChart> charts = new ArrayList<>();
        StepHistory steps = run.steps();
        if (steps.loss().count() > 0) {
            charts.add(loss(steps));
        }
        if (!run.epochs().isEmpty()) {
            charts.add(validation());
        }
        if (steps.rate().count() > 0) {
            // As it is: a schedule has corners that smoothing would take off.
            LineChart rates = new LineChart("Learning rate", STEP, "rate").line("encoder", steps.rate().x(),
                    steps.rate().means());
            if (steps.headRate().count() > 0) {
                rates.line("decoder", steps.headRate().x(), steps.headRate().means());
            }
            charts.add(rates.fromZero());
        }
        if (steps.gradNorm().count() > 0) {
            charts.add(norm(steps));
        }
        return charts;
    }

    private LineChart norm(StepHistory steps) {
        Series norm = steps.gradNorm();
        LineChart chart = scaled(new LineChart("Gradient norm", STEP, "L2").series("before clipping", norm), norm);
        double clip = run.facts().number("clip-norm");
        if (clip > 0) {
            return chart.level("clipped to", clip).note(String.format(Locale.ROOT, "%.0f %% of the steps were clipped",
                    100.0 * steps.clipped() / norm.count()));
        }
        return chart.note(peak(norm));
    }

    private LineChart loss(StepHistory steps) {
        Series loss = steps.loss();
        LineChart chart = scaled(new LineChart("Training loss", STEP, "loss").series(loss.count() < 50
                ? "each step" : loss.perBucket() == 1 ? "smoothed (each step pale)"
                : "smoothed (range of steps pale)", loss), loss)
                .marks("steps left out", steps.leftOutPlaces()).note(peak(loss));
        EpochHistory.Epoch best = run.best();
        return best == null || !Double.isFinite(best.get("step")) ? chart
                : chart.upright(best.get("step"), "best, epoch " + (best.epoch() + 1));
    }

    /** A logarithmic axis for what spans more than a decade, one from 0 for the rest. */
    private static LineChart scaled(LineChart chart, Series series) {
        double first = series.mean(0.02, false);
        double last = series.mean(0.05, true);
        boolean deep = series.least() > 0 && (last < DEEP_FALL * first || series.greatest() > 30 * last);
        return deep ? chart.logarithmic() : chart.fromZero();
    }

    private static String peak(Series series) {
        return series.greatest() > 4 * series.mean(1, false)
                ? String.format(Locale.ROOT, "the largest is %.3g", series.greatest()) : "";
    }

    /** The measure by epoch, with the training loss where both are of one kind and one size. */
    private LineChart validation() {
        double[] epochs = run.epochs().numbers();
        LineChart chart = new LineChart("Training loss and validation", EPOCH, "")
                .line("training loss", epochs, run.epochs().values("train_loss"))
                .line("validation " + run.metric().key(), epochs, run.epochs().values(run.metric().key()));
        String silog = LossOptions.Kind.SILOG.toString();
        if (run.facts().settings().getOrDefault("loss", silog).equals(silog)) {
            chart.line("validation " + DepthMetric.SILOG_DAV2.key(), epochs,
                    run.epochs().values(DepthMetric.SILOG_DAV2.key()));
        }
        return chart.upright(run.best() == null ? 1 : run.best().epoch() + 1, run.best() == null ? "" : "best")
                .fromZero();
    }

    /** Every other measure by epoch, one chart each. */
    List<LineChart> measures() {
        List<LineChart> charts = new ArrayList<>();
        double[] epochs = run.epochs().numbers();
        for (DepthMetric metric : DepthMetric.values()) {
            double[] values = run.epochs().values(metric.key());
            if (metric != run.metric() && Arrays.stream(values).anyMatch(Double::isFinite)) {
                charts.add(new LineChart(metric.key() + (metric.higherIsBetter() ? " ↑" : " ↓"), EPOCH, "")
                        .line("validation", epochs, values).withoutLegend());
            }
        }
        return charts;
    }

    /** The error by true depth, and where the pixels are; empty for a run that does not measure it. */
    List<LineChart> byDepth() {
        List<EpochHistory.Epoch> measured = run.epochs().all().stream().filter(e -> e.byDepth() != null).toList();
        if (measured.isEmpty()) {
            return List.of();
        }
        EpochHistory.Epoch first = measured.getFirst();
        EpochHistory.Epoch shown = run.best() != null && run.best().byDepth() != null ? run.best()
                : measured.getLast();
        DepthErrors errors = shown.byDepth();
        LineChart relative = new LineChart("Relative error by true depth", "true depth, m", "abs_rel")
                .bars("epoch " + (shown.epoch() + 1), errors.edges(), errors.absRel());
        LineChart metres = new LineChart("Error in metres by true depth", "true depth, m", "mae, m")
                .bars("epoch " + (shown.epoch() + 1), errors.edges(), errors.mae());
        if (first.epoch() != shown.epoch()) {
            relative.line("epoch " + (first.epoch() + 1), middles(first.byDepth().edges()), first.byDepth().absRel());
            metres.line("epoch " + (first.epoch() + 1), middles(first.byDepth().edges()), first.byDepth().mae());
        }
        double[] shares = new double[errors.pixels().length];
        Arrays.setAll(shares, i -> 100 * errors.share(i));
        return List.of(relative, metres, new LineChart("Where the pixels are", "true depth, m", "% of pixels")
                .bars("validation set", errors.edges(), shares).withoutLegend());
    }

    private static double[] middles(double[] edges) {
        double[] middles = new double[edges.length - 1];
        Arrays.setAll(middles, i -> (edges[i] + edges[i + 1]) / 2);
        return middles;
    }

    /** Speed, memory and, in fp16, the loss scale. */
    List<LineChart> machine() {
        List<LineChart> charts = new ArrayList<>();
        StepHistory steps = run.steps();
        if (steps.speed().count() > 0) {
            charts.add(new LineChart("Speed", STEP, "images a second").series("smoothed", steps.speed()).fromZero());
        }
        if (steps.resident().count() > 0) {
            LineChart memory = new LineChart("Memory", STEP, "GB").series("process", steps.resident().times(1e-9))
                    .fromZero();
            charts.add(steps.tensors().count() == 0 ? memory : memory.series("tensors, most so far", steps.tensors()
                    .times(1e-9)));
        }
        if (steps.lossScale().greatest() > 1) {
            charts.add(new LineChart("Loss scale", STEP, "scale").series("fp16", steps.lossScale()).logarithmic()
                    .marks("steps left out", steps.leftOutPlaces()));
        }
        return charts;
    }
}
