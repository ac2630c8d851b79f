package dev.fathom.training.trainer;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.Augmentation;

/**
 * What decides the result of a training run, apart from its data and its start weights. Two runs with equal options, data and start
 * weights end with the same bits.
 *
 * @param epochs passes over the training set
 * @param batchSize pictures a step
 * @param inputSize short side and crop, pixels, a multiple of 14
 * @param learningRate of the encoder
 * @param headFactor the decoder's rate is this many times the encoder's
 * @param weightDecay of AdamW, on everything
 * @param schedule how the rates change
 * @param warmupEpochs for the cosine schedule: how long the rates rise from 0, in epochs
 * @param siLogLambda 0.5: how far the loss forgives a common scale error (1 would forgive it wholly)
 * @param minDepth metres: nearer pixels are not learnt from
 * @param maxDepth metres: farther pixels are not learnt from, and the head's largest value
 * @param augmentation what is varied at random
 * @param seed of every random choice
 */
public record TrainOptions(int epochs, int batchSize, int inputSize, double learningRate, double headFactor, double weightDecay,
        ScheduleKind schedule, double warmupEpochs, double siLogLambda, float minDepth, float maxDepth, Augmentation augmentation,
        long seed) {
    /** How the learning rates change over the run. */
    public enum ScheduleKind {
        /** Rises linearly from 0, then half a cosine down to 0 (the article; Hugging Face's {@code get_cosine_schedule_with_warmup}). */
        COSINE,
        /** (1 - i/total)^0.9, set after the step, as Depth Anything V2's own trainer does. */
        POLY,
        /** The same rate throughout. */
        CONSTANT
    }

    public TrainOptions {
        require(epochs >= 1, "--epochs must be at least 1, got " + epochs);
        require(learningRate >= 0, "--lr must not be negative, got " + learningRate);
        require(headFactor >= 0, "--head-lr-factor must not be negative, got " + headFactor);
        require(weightDecay >= 0, "--weight-decay must not be negative, got " + weightDecay);
        require(warmupEpochs >= 0, "--warmup-epochs must not be negative, got " + warmupEpochs);
        require(siLogLambda >= 0 && siLogLambda <= 1, "--silog-lambda must be in 0..1, got " + siLogLambda);
    }

    private static void require(boolean ok, String sentence) {
        if (!ok) {
            throw new FathomException(sentence);
        }
    }

    /** The fine-tuning article's recipe for NYU. */
    public static TrainOptions article() {
        return new TrainOptions(10, 4, 518, 5e-6, 10, 0.01, ScheduleKind.COSINE, 0.5, 0.5, 0.001f, 10f, Augmentation.article(), 42);
    }

    /** The decoder's learning rate. */
    public double headLearningRate() {
        return learningRate * headFactor;
    }
}
