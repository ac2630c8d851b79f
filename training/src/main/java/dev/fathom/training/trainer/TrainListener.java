package dev.fathom.training.trainer;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.evaluation.Evaluation;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.nan.Finding;
import java.nio.file.Path;
import java.util.Map;

/**
 * Sees a run as it goes: progress bars, logs, reports. Called on the training thread, so what it does at a step is time
 * that the step takes longer.
 */
public interface TrainListener {
    /** All of these, in this order. */
    static TrainListener all(TrainListener... listeners) {
        return new Listeners(listeners);
    }

    /**
     * Where a run begins or goes on.
     *
     * @param epoch from 0, of {@code epochs}
     * @param batch the first of the epoch that will be trained, of {@code batches}
     * @param step optimiser steps done before
     * @param device what computes
     */
    record Start(int epoch, int epochs, int batch, int batches, long step, Device device) {
    }

    /** Why a batch changed no weight. */
    enum LeftOut {
        /** It has no valid pixel. */
        EMPTY("empty"),
        /** Float16 overflowed under this loss scale. */
        OVERFLOW("overflow"),
        /** Its loss or a gradient is infinite or NaN. */
        NON_FINITE("non-finite");

        private final String word;

        LeftOut(String word) {
            this.word = word;
        }

        /** As files say it. */
        public String word() {
            return word;
        }
    }

    /**
     * One step.
     *
     * @param epoch from 0
     * @param batch of the epoch, from 0, of {@code batches}
     * @param step optimiser steps done in all
     * @param loss of this batch; may be infinite or NaN if the step was left out
     * @param gradNorm Euclidean norm of all gradients before clipping; NaN if one is not finite
     * @param leftOut why the weights did not change; null where they did
     * @param lossScale that the next step will have; 1 unless in float16
     * @param overflowSteps steps left out for overflow in all
     * @param learningRate of the encoder in this step, {@code headLearningRate} of the decoder
     * @param images pictures in the batch
     * @param repaired depths of its frames that were NaN, negative or infinite and became holes
     * @param seconds the step took, of which {@code waitSeconds} waiting for the loader
     * @param memory after it
     */
    record Step(int epoch, int batch, int batches, long step, double loss, double gradNorm, LeftOut leftOut,
            double lossScale, int overflowSteps, double learningRate, double headLearningRate, int images, int repaired,
            double seconds, double waitSeconds, Memory memory) {
        /** Whether the weights changed. */
        public boolean applied() {
            return leftOut == null;
        }
    }

    /**
     * What the process takes.
     *
     * @param residentBytes of physical memory, all together, now; -1 if unknown
     * @param tensorPeakBytes the most that tensors took so far on the device that computes
     */
    record Memory(long residentBytes, long tensorPeakBytes) {
    }

    /**
     * One validation image.
     *
     * @param epoch from 0
     * @param step optimiser steps done
     * @param done how many are done with this one, of {@code of}, or of fewer where frames are left out
     * @param sample the picture and its depth
     * @param prediction metres, of the picture's size
     */
    record Validated(int epoch, long step, int done, int of, ImageResult result, DepthSample sample,
            DepthMap prediction) {
    }

    /**
     * One epoch with its validation.
     *
     * @param epoch from 0, of {@code epochs}
     * @param step optimiser steps done
     * @param meanLoss over the epoch's steps
     * @param validation on the validation set
     * @param bySet the same on each validation set by its name; empty where there is one
     * @param best whether its abs_rel is the best so far
     * @param lossScale after it; 1 unless in float16
     * @param overflowSteps steps left out for overflow in all
     * @param nonFiniteSteps steps left out because they were not finite, in all
     * @param badFrames training frames of this epoch that could not be read and were left out, by fault
     */
    record Epoch(int epoch, int epochs, long step, double meanLoss, Evaluation validation,
            Map<String, Evaluation> bySet, boolean best, double lossScale, int overflowSteps,
            int nonFiniteSteps, Map<String, Integer> badFrames, double trainSeconds, double validationSeconds) {
    }

    /**
     * A step whose loss or gradients are not finite. Nothing has changed by it.
     *
     * @param epoch from 0
     * @param batch of the epoch, from 0
     * @param step optimiser steps done before
     * @param loss of the batch, finite or not
     * @param gradients how many elements of the gradients are not finite
     * @param finding where that comes from
     * @param replay the file that keeps the step; null if enough were kept
     * @param goesOn whether the run goes on without it
     * @param count such steps in all, with this one
     */
    record NotFinite(int epoch, int batch, long step, double loss, long gradients, Finding finding, Path replay,
            boolean goesOn, int count) {
    }

    /** The run begins or goes on; its folder is there. */
    default void begins(Start start) {
    }

    /** Whether {@link #gradients} is to be called if optimiser step {@code step} (from 1) is applied. */
    default boolean wantsGradients(long step) {
        return false;
    }

    /**
     * The gradients of a step that is about to be applied.
     *
     * @param step from 1
     * @param byParameter gradients by the parameter's name, in the order of the parameters; valid during this call only
     * @param scale what they must be divided by: the loss scale
     */
    default void gradients(long step, Map<String, Tensor> byParameter, double scale) {
    }

    default void step(Step step) {
    }

    /** A batch without a valid pixel was left out: there is no step. */
    default void skipped(int epoch, int batch, String names) {
    }

    /** A training or validation frame could not be read and is left out. */
    default void badFrame(BadFrame frame) {
    }

    /** A step was not finite. It is left out, and {@link #step} follows; or the run ends. */
    default void notFinite(NotFinite step) {
    }

    /** One validation image is done; {@code done} may stay below {@code of} where frames are left out. */
    default void validated(Validated image) {
    }

    /** A validation is done, the epoch's state not yet saved: a run killed now will validate again. */
    default void validationEnds(int epoch, long step, Evaluation evaluation) {
    }

    /** An epoch is done and its state saved. */
    default void epoch(Epoch epoch) {
    }

    default void saved(Path file) {
    }
}
