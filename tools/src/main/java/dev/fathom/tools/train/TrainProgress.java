package dev.fathom.tools.train;

import dev.fathom.tools.cli.Progress;
import dev.fathom.tools.cli.Terminal;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.SkipBad;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.nan.ReplayFacts;
import dev.fathom.training.trainer.TrainListener;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;

/** A run as it goes: a line an epoch, and on a terminal a bar while the epoch runs. */
public final class TrainProgress implements TrainListener, AutoCloseable {
    /** Share of the newest step in the shown loss. */
    private static final double SMOOTHING = 0.1;

    private final PrintWriter out;
    private Progress bar;
    private int barEpoch = -1;
    private double loss = Double.NaN;

    public TrainProgress(PrintWriter out) {
        this.out = out;
    }

    @Override
    public void step(Step step) {
        if (!Terminal.interactive()) {
            return;
        }
        if (bar == null || barEpoch != step.epoch()) {
            close();
            barEpoch = step.epoch();
            loss = Double.NaN;
            bar = Progress.start("Epoch " + (step.epoch() + 1), step.batches(), "steps");
        }
        if (Double.isFinite(step.loss())) {
            loss = Double.isNaN(loss) ? step.loss() : loss + SMOOTHING * (step.loss() - loss);
        }
        bar.note(String.format(Locale.ROOT, "loss %.4f  lr %.1e / %.1e  %.1f images/s%s", loss, step.learningRate(),
                step.headLearningRate(), step.images() / step.seconds(),
                scaling(step.lossScale(), step.overflowSteps(), "  ")));
        bar.to(step.batch() + 1);
    }

    /** The loss scale, and how many steps it cost: nothing unless in fp16. */
    private static String scaling(double lossScale, int overflowSteps, String separator) {
        if (lossScale == 1 && overflowSteps == 0) {
            return "";
        }
        String scale = String.format(Locale.ROOT, "%sloss scale %.0f", separator, lossScale);
        return overflowSteps == 0 ? scale
                : scale + ", " + overflowSteps + (overflowSteps == 1 ? " step left out" : " steps left out");
    }

    @Override
    public void skipped(int epoch, int batch, String names) {
        close();
        out.println("left out a batch without a single valid depth: " + names);
    }

    @Override
    public void badFrame(BadFrame frame) {
        close();
        out.println("left out a " + frame.fault().key() + " frame: " + frame.sentence());
    }

    @Override
    public void notFinite(NotFinite step) {
        close();
        out.println(String.format(Locale.ROOT, "epoch %d, batch %d: %s", step.epoch() + 1, step.batch() + 1,
                ReplayFacts.symptom(step.loss(), step.gradients())));
        step.finding().lines().forEach(out::println);
        if (step.replay() != null) {
            out.println("  replay   tools/fathom replay " + step.replay());
        }
        out.println(step.goesOn() ? "  so       the step is left out, number " + step.count() + " of this run"
                : "  so       the run ends");
    }

    @Override
    public void validated(Validated image) {
        int done = image.done();
        if (!Terminal.interactive()) {
            return;
        }
        if (done == 1) {
            close();
            bar = Progress.start("Validation", image.of(), "images");
        }
        bar.to(done);
    }

    @Override
    public void epoch(Epoch epoch) {
        close();
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "epoch %d of %d: loss %.4f", epoch.epoch()
                + 1, epoch.epochs(),
                epoch.meanLoss()));
        for (DepthMetric metric : DepthMetric.values()) {
            line.append(String.format(Locale.ROOT, ", %s %.4f", metric.key(), epoch.validation().mean().get(metric)));
        }
        if (epoch.validation().skipped() > 0) {
            line.append(", ").append(epoch.validation().skipped()).append(" images without depth left out");
        }
        line.append(badFrames("training", epoch.badFrames()))
                .append(badFrames("validation", epoch.validation().bad()));
        line.append(scaling(epoch.lossScale(), epoch.overflowSteps(), ", "));
        if (epoch.nonFiniteSteps() > 0) {
            line.append(", ").append(epoch.nonFiniteSteps()).append(" not finite left out");
        }
        out.println(line + (epoch.best() ? " (best)" : ""));
    }

    private static String badFrames(String set, Map<String, Integer> counts) {
        return counts.isEmpty() ? "" : ", " + set + " frames left out: " + SkipBad.words(counts);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
