package dev.fathom.training.options;

import dev.fathom.training.optim.LrSchedule;

/**
 * How the learning rates change over a run.
 *
 * @param kind the curve
 * @param warmupEpochs for the cosine: how long the rates rise from 0, in epochs
 */
public record ScheduleOptions(Kind kind, double warmupEpochs) {
    /** The curves. */
    public enum Kind {
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

    /** @throws dev.fathom.engine.errors.FathomException if a value makes no sense */
    public ScheduleOptions {
        Check.that(Check.isAmount(warmupEpochs), "--warmup-epochs", warmupEpochs, "0 or more");
    }

    /** The fine-tuning article's for NYU. */
    public static ScheduleOptions article() {
        return new ScheduleOptions(Kind.COSINE, 0.5);
    }

    void check(int epochs) {
        Check.that(warmupEpochs <= epochs, "--warmup-epochs", warmupEpochs, "from 0 to the number of epochs");
    }

    /** The curve of a run. */
    public LrSchedule over(int epochs, int batchesPerEpoch) {
        long total = (long) epochs * batchesPerEpoch;
        return switch (kind) {
            case COSINE -> new LrSchedule.CosineWarmup(Math.round(warmupEpochs * batchesPerEpoch), total);
            case POLY -> new LrSchedule.OfficialPoly(total);
            case CONSTANT -> new LrSchedule.Constant();
        };
    }
}
