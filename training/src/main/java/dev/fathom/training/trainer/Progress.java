package dev.fathom.training.trainer;

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
 * @param emptySamples of the whole run: crops without a single valid pixel, in skipped batches and in others
 * @param bestAbsRel the best validation so far; infinite before the first
 * @param bestEpoch its epoch; -1 before the first
 */
public record Progress(int epoch, int batch, long step, double lossSum, int lossCount, int skippedBatches,
        int overflowSteps, long emptySamples, double bestAbsRel, int bestEpoch) {
    /** The start of a run. */
    public static Progress start() {
        return new Progress(0, 0, 0, 0, 0, 0, 0, 0, Double.POSITIVE_INFINITY, -1);
    }

    Progress afterStep(double loss, int empty) {
        return new Progress(epoch, batch + 1, step + 1, lossSum + loss, lossCount + 1, skippedBatches, overflowSteps,
                emptySamples + empty, bestAbsRel, bestEpoch);
    }

    /** A step was left out. Its loss counts if it is a number: the forward pass was as good as any. */
    Progress afterOverflow(double loss, int empty) {
        boolean counts = Double.isFinite(loss);
        return new Progress(epoch, batch + 1, step, counts ? lossSum + loss : lossSum, counts ? lossCount + 1
                : lossCount, skippedBatches, overflowSteps + 1, emptySamples + empty, bestAbsRel, bestEpoch);
    }

    Progress afterSkip(int empty) {
        return new Progress(epoch, batch + 1, step, lossSum, lossCount, skippedBatches + 1, overflowSteps,
                emptySamples + empty, bestAbsRel, bestEpoch);
    }

    Progress nextEpoch(double absRel) {
        boolean better = absRel < bestAbsRel;
        return new Progress(epoch + 1, 0, step, 0, 0, skippedBatches, overflowSteps, emptySamples,
                better ? absRel : bestAbsRel, better ? epoch : bestEpoch);
    }

    /** Mean loss of the epoch so far; NaN before its first step. */
    public double meanLoss() {
        return lossSum / lossCount;
    }
}
