package dev.fathom.training.options;

import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;

/**
 * What is made small.
 *
 * @param lambda of SiLog: how far the loss forgives a common scale error (1 would forgive it wholly)
 */
public record LossOptions(double lambda) {
    /** @throws dev.fathom.engine.errors.FathomException if a value makes no sense */
    public LossOptions {
        Check.that(lambda >= 0 && lambda <= 1, "--silog-lambda", lambda, "from 0 to 1");
    }

    /** The authors' and the fine-tuning article's: SiLog with a lambda of one half. */
    public static LossOptions article() {
        return new LossOptions(0.5);
    }

    /** The loss itself. */
    public Objective objective() {
        return new SiLog(lambda);
    }
}
