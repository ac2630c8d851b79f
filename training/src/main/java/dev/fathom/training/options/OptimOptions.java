package dev.fathom.training.options;

/**
 * How weights follow their gradients.
 *
 * @param learningRate of the encoder
 * @param headFactor the decoder's rate is this many times the encoder's
 * @param weightDecay of AdamW, on everything
 */
public record OptimOptions(double learningRate, double headFactor, double weightDecay) {
    /** @throws dev.fathom.engine.errors.FathomException if a value makes no sense */
    public OptimOptions {
        Check.that(Check.isAmount(learningRate), "--lr", learningRate, "0 or more");
        Check.that(Check.isAmount(headFactor), "--head-lr-factor", headFactor, "0 or more");
        Check.that(Check.isAmount(weightDecay), "--weight-decay", weightDecay, "0 or more");
    }

    /** The fine-tuning article's for NYU. */
    public static OptimOptions article() {
        return new OptimOptions(5e-6, 10, 0.01);
    }

    /** The same with other learning rates. */
    public OptimOptions withRates(double rate, double factor) {
        return new OptimOptions(rate, factor, weightDecay);
    }

    /** The decoder's learning rate. */
    public double headLearningRate() {
        return learningRate * headFactor;
    }
}
