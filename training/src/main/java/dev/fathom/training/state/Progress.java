package dev.fathom.training.state;

import dev.fathom.training.data.BadFrame;
import dev.fathom.training.metrics.DepthMetric;
import java.util.Map;
import java.util.TreeMap;

/**
 * How far a run is, and what it has seen of the epoch it is in. Together with weights and moments, everything needed to
 * go on bit for bit: random choices depend on (seed, epoch, sample) alone, so there is no generator to save.
 *
 * @param epoch the epoch in progress, from 0
 * @param batch the next batch of it
 * @param step optimiser steps done in all
 * @param lossSum sum of the epoch's losses so far, {@code lossCount} how many
 * @param skippedBatches of the whole run: batches without a single valid pixel
 * @param overflowSteps of the whole run: steps left out because float16 overflowed, which lowered the loss scale
 * @param nonFiniteSteps of the whole run: steps left out because loss or gradients were not finite
 * @param emptySamples of the whole run: crops without a single valid pixel, in skipped batches and in others
 * @param best the best validation so far, of the metric that the run chooses by; 0 before the first
 * @param bestEpoch its epoch; -1 before the first
 * @param badFrames of the epoch in progress: frames that could not be read and were left out, by fault
 */
public record Progress(int epoch, int batch, long step, double lossSum, int lossCount, int skippedBatches,
        int overflowSteps, int nonFiniteSteps, long emptySamples, double best, int bestEpoch,
        Map<String, Integer> badFrames) {
    public Progress {
        badFrames = Map.copyOf(badFrames);
    }

    /** The start of a run. */
    public static Progress start() {
        return new Progress(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, Map.of());
    }

    public Progress afterStep(double loss, int empty) {
        return new Progress(epoch, batch + 1, step + 1, lossSum + loss, lossCount + 1, skippedBatches, overflowSteps,
                nonFiniteSteps, emptySamples + empty, best, bestEpoch, badFrames);
    }

    /** A step was left out. Its loss counts if it is a number: the forward pass was as good as any. */
    public Progress afterOverflow(double loss, int empty) {
        boolean counts = Double.isFinite(loss);
        return new Progress(epoch, batch + 1, step, counts ? lossSum + loss : lossSum, counts ? lossCount + 1
                : lossCount, skippedBatches, overflowSteps + 1, nonFiniteSteps, emptySamples + empty, best,
                bestEpoch, badFrames);
    }

    /** A step was left out because it was not finite; its loss, finite or not, does not count. */
    public Progress afterNonFinite(int empty) {
        return new Progress(epoch, batch + 1, step, lossSum, lossCount, skippedBatches, overflowSteps,
                nonFiniteSteps + 1, emptySamples + empty, best, bestEpoch, badFrames);
    }

    public Progress afterSkip(int empty) {
        return new Progress(epoch, batch + 1, step, lossSum, lossCount, skippedBatches + 1, overflowSteps,
                nonFiniteSteps, emptySamples + empty, best, bestEpoch, badFrames);
    }

    /** A frame of the next batch was left out. */
    public Progress leavingOut(BadFrame bad) {
        Map<String, Integer> counts = new TreeMap<>(badFrames);
        bad.addTo(counts);
        return new Progress(epoch, batch, step, lossSum, lossCount, skippedBatches, overflowSteps, nonFiniteSteps,
                emptySamples, best, bestEpoch, counts);
    }

    /** After the epoch's validation. A value that is not finite is never the best. */
    public Progress nextEpoch(double value, DepthMetric by) {
        boolean better = Double.isFinite(value) && (bestEpoch < 0 || by.better(value, best));
        return new Progress(epoch + 1, 0, step, 0, 0, skippedBatches, overflowSteps, nonFiniteSteps, emptySamples,
                better ? value : best, better ? epoch : bestEpoch, Map.of());
    }

    /** Mean loss of the epoch so far; NaN before its first step. */
    public double meanLoss() {
        return lossSum / lossCount;
    }
}
