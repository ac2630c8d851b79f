package dev.fathom.training.options;

/**
 * What decides the result of a training run, apart from its data and its start weights. Two runs with equal options,
 * data and start weights end with the same bits.
 *
 * <pre>{@code
 * TrainOptions options = TrainOptions.article().over(20, 7)
 *         .with(BatchOptions.article().of(8, 392))
 *         .with(LossOptions.siLog(0.85));
 * }</pre>
 *
 * @param epochs passes over the training set
 * @param seed of every random choice
 * @param batch what a step is made of
 * @param optim how weights follow their gradients
 * @param schedule how the learning rates change
 * @param loss what is made small
 * @param compute what is computed in
 * @param select which epoch's model is the best
 */
public record TrainOptions(int epochs, long seed, BatchOptions batch, OptimOptions optim, ScheduleOptions schedule,
        LossOptions loss, PrecisionOptions compute, SelectionOptions select) {
    /**
     * @throws dev.fathom.engine.errors.FathomException if a value makes no sense; the sentence names the command line's
     * option
     */
    public TrainOptions {
        Check.that(epochs >= 1, "--epochs", epochs, "at least 1");
        schedule.check(epochs);
    }

    /** The fine-tuning article's recipe for NYU, in float32. */
    public static TrainOptions article() {
        return new TrainOptions(10, 42, BatchOptions.article(), OptimOptions.article(), ScheduleOptions.article(),
                LossOptions.article(), PrecisionOptions.fp32(), SelectionOptions.article());
    }

    /** The same for another number of epochs, from another seed. */
    public TrainOptions over(int otherEpochs, long otherSeed) {
        return new TrainOptions(otherEpochs, otherSeed, batch, optim, schedule, loss, compute, select);
    }

    /** The same with other batches. */
    public TrainOptions with(BatchOptions other) {
        return new TrainOptions(epochs, seed, other, optim, schedule, loss, compute, select);
    }

    /** The same with another optimiser. */
    public TrainOptions with(OptimOptions other) {
        return new TrainOptions(epochs, seed, batch, other, schedule, loss, compute, select);
    }

    /** The same with another schedule. */
    public TrainOptions with(ScheduleOptions other) {
        return new TrainOptions(epochs, seed, batch, optim, other, loss, compute, select);
    }

    /** The same with another loss. */
    public TrainOptions with(LossOptions other) {
        return new TrainOptions(epochs, seed, batch, optim, schedule, other, compute, select);
    }

    /** The same in another precision. */
    public TrainOptions with(PrecisionOptions other) {
        return new TrainOptions(epochs, seed, batch, optim, schedule, loss, other, select);
    }

    /** The same with another choice of the best. */
    public TrainOptions with(SelectionOptions other) {
        return new TrainOptions(epochs, seed, batch, optim, schedule, loss, compute, other);
    }
}
