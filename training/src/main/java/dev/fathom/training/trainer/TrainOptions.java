package dev.fathom.training.trainer;

import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.training.data.Augmentation;
import dev.fathom.training.optim.GradScaler;

/**
 * What decides the result of a training run, apart from its data and its start weights. Two runs with equal options,
 * data and start weights end with the same bits.
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
 * @param precision what products and attention are computed in; weights and optimiser are float32 in any
 * @param lossScale what {@link Precision#FP16} multiplies the loss by at first; unused in others
 */
public record TrainOptions(int epochs, int batchSize, int inputSize, double learningRate, double headFactor,
        double weightDecay,
        ScheduleKind schedule, double warmupEpochs, double siLogLambda, float minDepth, float maxDepth,
        Augmentation augmentation,
        long seed, Precision precision, double lossScale) {
    /** Training in float32. */
    public TrainOptions(int epochs, int batchSize, int inputSize, double learningRate, double headFactor,
            double weightDecay, ScheduleKind schedule, double warmupEpochs, double siLogLambda, float minDepth,
            float maxDepth, Augmentation augmentation, long seed) {
        this(epochs, batchSize, inputSize, learningRate, headFactor, weightDecay, schedule, warmupEpochs, siLogLambda,
                minDepth, maxDepth, augmentation, seed, Precision.FP32, GradScaler.INITIAL_SCALE);
    }

    /** How the learning rates change over the run. */
    public enum ScheduleKind {
        /**
         * Rises linearly from 0, then half a cosine down to 0 (the article; Hugging Face's {@code
         * get_cosine_schedule_with_warmup}).
         */
        COSINE,
        /** (1 - i/total)^0.9, set after the step, as Depth Anything V2's own trainer does. */
        POLY,
        /** The same rate throughout. */
        CONSTANT
    }

    /** @throws FathomException if a value makes no sense; the sentence names the command line's option */
    public TrainOptions {
        require(epochs >= 1, "--epochs", epochs, "at least 1");
        require(batchSize >= 1, "--batch-size", batchSize, "at least 1");
        require(inputSize >= NetworkSize.PATCH && inputSize % NetworkSize.PATCH == 0, "--input-size", inputSize,
                "a multiple of 14");
        require(learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY, "--lr", learningRate, "0 or more");
        require(headFactor >= 0 && headFactor < Double.POSITIVE_INFINITY, "--head-lr-factor", headFactor, "0 or more");
        require(weightDecay >= 0 && weightDecay < Double.POSITIVE_INFINITY, "--weight-decay", weightDecay, "0 or more");
        require(warmupEpochs >= 0 && warmupEpochs <= epochs, "--warmup-epochs", warmupEpochs,
                "from 0 to the number of epochs");
        require(siLogLambda >= 0 && siLogLambda <= 1, "--silog-lambda", siLogLambda, "from 0 to 1");
        require(minDepth >= 0 && minDepth < Float.POSITIVE_INFINITY, "--min-depth", minDepth, "0 or more metres");
        require(maxDepth > minDepth && maxDepth < Float.POSITIVE_INFINITY, "--max-depth", maxDepth,
                "more metres than --min-depth");
        require(GradScaler.isScale(lossScale), "--loss-scale", lossScale, "a power of two, 1 or more");
    }

    private static void require(boolean ok, String name, Object value, String expected) {
        if (!ok) {
            throw new FathomException(name + " is " + value + ", but must be " + expected + ".");
        }
    }

    /** The fine-tuning article's recipe for NYU. */
    public static TrainOptions article() {
        return new TrainOptions(10, 4, 518, 5e-6, 10, 0.01, ScheduleKind.COSINE, 0.5, 0.5, 0.001f, 10f,
                Augmentation.article(), 42);
    }

    /** The same run in another precision. */
    public TrainOptions in(Precision other, double initialLossScale) {
        return new TrainOptions(epochs, batchSize, inputSize, learningRate, headFactor, weightDecay, schedule,
                warmupEpochs, siLogLambda, minDepth, maxDepth, augmentation, seed, other, initialLossScale);
    }

    /** The decoder's learning rate. */
    public double headLearningRate() {
        return learningRate * headFactor;
    }
}
