package dev.fathom.tools.train;

import dev.fathom.training.trainer.TrainListener.Epoch;
import dev.fathom.training.trainer.TrainListener.Start;
import dev.fathom.training.trainer.TrainListener.Step;
import java.util.function.LongSupplier;

/**
 * How fast a run goes and when it will end. Everything is counted from when this process began or went on with it, by
 * the clock on the wall: what saving and drawing take is in it.
 */
final class Pace {
    /** Share of the newest step in rates and in the shown loss. */
    private static final double NEWEST = 0.1;

    private final LongSupplier nanos;
    private Start start;
    private long mark;
    private Smoothed seconds = new Smoothed();
    private Smoothed waiting = new Smoothed();
    private Smoothed images = new Smoothed();
    private final Smoothed loss = new Smoothed();
    private int steps;
    private double validation = Double.NaN;
    private int epoch;
    private int batch;

    /** An exponential mean, corrected for having begun at nothing. */
    private static final class Smoothed {
        private double sum;
        private double weight;

        void add(double value) {
            sum += NEWEST * (value - sum);
            weight += NEWEST * (1 - weight);
        }

        double get() {
            return sum / weight;
        }
    }

    /** @param nanos the clock, as {@link System#nanoTime} */
    Pace(LongSupplier nanos) {
        this.nanos = nanos;
    }

    void begins(Start from) {
        start = from;
        epoch = from.epoch();
        batch = from.batch();
        mark = nanos.getAsLong();
    }

    void step(Step step) {
        if (++steps == 2) {
            // The first step compiles what all others run: it is shown while there is nothing better.
            seconds = new Smoothed();
            waiting = new Smoothed();
            images = new Smoothed();
        }
        seconds.add(sinceMark());
        waiting.add(step.waitSeconds());
        images.add(step.images());
        if (Double.isFinite(step.loss())) {
            loss.add(step.loss());
        }
        epoch = step.epoch();
        batch = step.batch() + 1;
    }

    /** A batch was left out: it took part of the next step's time. */
    void skipped(int ofEpoch, int ofBatch) {
        epoch = ofEpoch;
        batch = ofBatch + 1;
    }

    void epoch(Epoch done) {
        validation = done.validationSeconds();
        epoch = done.epoch() + 1;
        batch = 0;
        mark = nanos.getAsLong();
    }

    private double sinceMark() {
        long now = nanos.getAsLong();
        double since = (now - mark) * 1e-9;
        mark = now;
        return since;
    }

    /** Of the last steps; NaN before the first. */
    double loss() {
        return loss.get();
    }

    double imagesPerSecond() {
        return images.get() / seconds.get();
    }

    /** Share of the time in which training waits for the loader, 0 .. 1. */
    double waitShare() {
        return waiting.get() / seconds.get();
    }

    /** Seconds until the steps of this epoch are done. */
    double epochLeft() {
        return (start.batches() - batch) * seconds.get();
    }

    /** Seconds until the run is done: all steps, and validations if one has been seen. */
    double runLeft() {
        long batches = (long) (start.epochs() - epoch) * start.batches() - batch;
        return batches * seconds.get() + (Double.isNaN(validation) ? 0 : (start.epochs() - epoch) * validation);
    }
}
