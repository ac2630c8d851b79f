package dev.fathom.training.trainer;

import dev.fathom.training.evaluation.Evaluation;
import java.nio.file.Path;

/** Sees a run as it goes: progress bars, logs, reports. Called on the training thread. */
public interface TrainListener {
    /**
     * One step.
     *
     * @param epoch from 0
     * @param batch of the epoch, from 0, of {@code batches}
     * @param step optimiser steps done in all
     * @param loss of this batch; may be infinite or NaN if the step was left out
     * @param applied whether the weights changed: not where float16 overflowed
     * @param lossScale that the next step will have; 1 unless in float16
     * @param overflowSteps steps left out for overflow in all
     * @param learningRate of the encoder in this step, {@code headLearningRate} of the decoder
     * @param seconds the step took, of which {@code waitSeconds} waiting for the loader
     */
    record Step(int epoch, int batch, int batches, long step, double loss, boolean applied, double lossScale,
            int overflowSteps, double learningRate, double headLearningRate, int images, double seconds,
            double waitSeconds) {
    }

    /**
     * One epoch with its validation.
     *
     * @param epoch from 0, of {@code epochs}
     * @param meanLoss over the epoch's steps
     * @param validation on the validation set
     * @param best whether its abs_rel is the best so far
     * @param lossScale after it; 1 unless in float16
     * @param overflowSteps steps left out for overflow in all
     */
    record Epoch(int epoch, int epochs, double meanLoss, Evaluation validation, boolean best, double lossScale,
            int overflowSteps, double trainSeconds, double validationSeconds) {
    }

    default void step(Step step) {
    }

    /** A batch without a valid pixel was left out. */
    default void skipped(int epoch, int batch, String names) {
    }

    /** One validation image is done. */
    default void validated(int done, int of) {
    }

    default void epoch(Epoch epoch) {
    }

    default void saved(Path file) {
    }
}
