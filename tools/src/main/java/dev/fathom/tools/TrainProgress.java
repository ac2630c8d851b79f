package dev.fathom.tools;

import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.trainer.TrainListener;
import java.io.PrintWriter;
import java.util.Locale;

/** A run as it goes: a line an epoch, and on a terminal a bar while the epoch runs. */
final class TrainProgress implements TrainListener, AutoCloseable {
    /** Share of the newest step in the shown loss. */
    private static final double SMOOTHING = 0.1;

    private final PrintWriter out;
    private Progress bar;
    private int barEpoch = -1;
    private double loss = Double.NaN;

    TrainProgress(PrintWriter out) {
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
        loss = Double.isNaN(loss) ? step.loss() : loss + SMOOTHING * (step.loss() - loss);
        bar.note(String.format(Locale.ROOT, "loss %.4f  lr %.1e / %.1e  %.1f images/s", loss, step.learningRate(),
                step.headLearningRate(), step.images() / step.seconds()));
        bar.to(step.batch() + 1);
    }

    @Override
    public void skipped(int epoch, int batch, String names) {
        close();
        out.println("left out a batch without a single valid depth: " + names);
    }

    @Override
    public void validated(int done, int of) {
        if (!Terminal.interactive()) {
            return;
        }
        if (done == 1) {
            close();
            bar = Progress.start("Validation", of, "images");
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
        out.println(line + (epoch.best() ? " (best)" : ""));
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
