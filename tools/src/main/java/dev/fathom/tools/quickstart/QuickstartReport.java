package dev.fathom.tools.quickstart;

import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.tools.cli.Version;
import dev.fathom.tools.report.EmbeddedImage;
import dev.fathom.tools.report.HtmlPage;
import dev.fathom.tools.report.LineChart;
import dev.fathom.tools.report.MetricTable;
import dev.fathom.tools.report.Pieces.Fact;
import dev.fathom.tools.report.Pieces;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.options.TrainOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** The page of a quickstart. */
public final class QuickstartReport {
    private QuickstartReport() {
    }

    /** @param seconds that all of it took */
    public static HtmlPage page(Quickstart.Result result, double seconds) {
        double model = result.trained().mean().get(DepthMetric.ABS_REL);
        double constant = result.constant().metrics().get(DepthMetric.ABS_REL);
        MetricTable table = new MetricTable(List.of("trained", "best constant", "untrained"));
        for (DepthMetric metric : DepthMetric.values()) {
            table.row(metric.key(), metric.description(), metric.higherIsBetter(), result.trained().mean().get(metric),
                    result.constant().metrics().get(metric), result.untrained().mean().get(metric));
        }
        return new HtmlPage("Fathom quickstart")
                .lead("A small vision transformer with a DPT decoder learnt metric depth from "
                        + result.plan().trainRooms() + " rendered rooms, from random weights, on this machine's"
                        + " processor. Everything below is measured on "
                        + result.trained().counted() + " rooms it has not seen.")
                .section("Result", Pieces.facts(List.of(
                        new Fact(String.format(Locale.ROOT, "%.3f", model), "abs_rel of the trained model",
                                "mean of |p - t| / t"),
                        new Fact(String.format(Locale.ROOT, "%.3f", constant), "abs_rel of the best constant",
                                String.format(Locale.ROOT, "%.2f m everywhere, chosen with the answers known",
                                        result.constant().metres())),
                        new Fact(String.format(Locale.ROOT, "%.1f x", constant / model),
                                "better than the best constant", ""),
                        new Fact(String.format(Locale.ROOT, "%.0f s", seconds), "in all",
                                "render, train, validate, measure"))), table)
                .section("Predictions", Pieces.figure(EmbeddedImage.png(Quickstart.panel(result.samples()).render()),
                        "Photo, true depth, prediction, absolute error. Holes of the simulated sensor are left out of"
                        + " loss and measures."))
                .section("Training", Pieces.charts(List.of(lossChart(result), metricChart(result, constant))))
                .details("Configuration", Pieces.pairs(configuration(result)))
                .details("Machine", Pieces.pairs(machine()))
                .footer(Version.line());
    }

    private static LineChart lossChart(Quickstart.Result result) {
        double[] steps = IntStream.rangeClosed(1, result.losses().size()).mapToDouble(i -> i).toArray();
        double stepsAnEpoch = (double) result.losses().size() / result.epochs().size();
        double[] epochEnds = result.epochs().stream().mapToDouble(e -> (e.epoch() + 1) * stepsAnEpoch).toArray();
        return new LineChart("SiLog loss", "step", "loss")
                .faint("each step", steps, result.losses().stream().mapToDouble(Double::doubleValue).toArray())
                .line("mean of the epoch", epochEnds, result.epochs().stream()
                        .mapToDouble(TrainListener.Epoch::meanLoss).toArray()).fromZero();
    }

    private static LineChart metricChart(Quickstart.Result result, double constant) {
        double[] epochs = result.epochs().stream().mapToDouble(e -> e.epoch() + 1).toArray();
        return new LineChart("Held-out abs_rel", "epoch", "abs_rel").line("model", epochs, result.epochs().stream()
                .mapToDouble(e -> e.validation().mean().get(DepthMetric.ABS_REL)).toArray())
                .level("best constant", constant).fromZero();
    }

    private static Map<String, String> configuration(Quickstart.Result result) {
        QuickstartPlan plan = result.plan();
        TrainOptions o = plan.options();
        Map<String, String> pairs = new LinkedHashMap<>();
        pairs.put("network", plan.model().vit().dim() + " channels, " + plan.model().vit().depth()
                + " blocks, decoder of "
                + plan.model().dpt().features() + String.format(Locale.ROOT, ", %,d parameters", result.parameters()));
        pairs.put("pictures", plan.width() + " x " + plan.height() + ", crops of " + o.batch().inputSize());
        pairs.put("epochs", o.epochs() + " of " + plan.trainRooms() + " rooms, " + result.losses().size() + " steps of "
                + o.batch().size());
        pairs.put("optimiser", "AdamW, encoder " + o.optim().learningRate() + ", decoder " + o.optim().headLearningRate()
                + ", weight decay " + o.optim().weightDecay());
        pairs.put("schedule", "cosine, warm-up of " + o.schedule().warmupEpochs() + " epochs");
        pairs.put("loss", "SiLog, lambda " + o.loss().lambda() + ", depths of " + o.batch().minDepth() + " to " + o.batch().maxDepth()
                + " m");
        pairs.put("augmentation", "horizontal flip, colour jitter, Gaussian noise, random crop");
        pairs.put("seed", Long.toString(o.seed()));
        return pairs;
    }

    private static Map<String, String> machine() {
        Map<String, String> pairs = new LinkedHashMap<>();
        pairs.put("Java", Runtime.version() + ", " + System.getProperty("java.vm.name"));
        pairs.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        pairs.put("threads", Integer.toString(WorkPool.shared().threads()));
        pairs.put("vectors", Lanes.describe());
        return pairs;
    }
}
