package dev.fathom.training.options;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.optim.LrSchedule;
import java.util.Locale;

/**
 * How the learning rates change over a run.
 *
 * @param kind the curve
 * @param warmupEpochs how long the rates rise from 0 before it, in epochs; 0 if that is said in steps, or for none
 * @param warmupSteps the same in optimiser steps
 */
public record ScheduleOptions(Kind kind, double warmupEpochs, long warmupSteps) {
    /** The curves. */
    public enum Kind {
        /**
         * Rises linearly from 0, then half a cosine down to 0 (the article; Hugging Face's {@code
         * get_cosine_schedule_with_warmup}).
         */
        COSINE,
        /** (1 - i/total)^0.9, set after the step, as Depth Anything V2's own trainer does; without a warm-up there. */
        POLY,
        /** PyTorch's {@code OneCycleLR}: up to the rate over 30 % of the steps, then down; no warm-up beside it. */
        ONE_CYCLE,
        /** The same rate throughout. */
        CONSTANT;

        /** As it is written on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Epochs of warm-up if nothing is said: the article's for its cosine, none for those whose originals have none. */
        double usualWarmup() {
            return this == COSINE ? 0.5 : 0;
        }
    }

    /** @throws FathomException if a value makes no sense */
    public ScheduleOptions {
        Check.that(Check.isAmount(warmupEpochs), "--warmup-epochs", warmupEpochs, "0 or more");
        Check.that(warmupSteps >= 0, "--warmup-steps", warmupSteps, "0 or more");
        Check.that(warmupEpochs == 0 || warmupSteps == 0, "--warmup-steps", warmupSteps,
                "left out beside --warmup-epochs " + warmupEpochs + ": a warm-up has one length");
        Check.that(kind != Kind.ONE_CYCLE || warmupEpochs == 0, "--warmup-epochs", warmupEpochs,
                "left out with --schedule one-cycle, which has a rise of its own");
        Check.that(kind != Kind.ONE_CYCLE || warmupSteps == 0, "--warmup-steps", warmupSteps,
                "left out with --schedule one-cycle, which has a rise of its own");
    }

    /** A curve with the warm-up that is usual for it: half an epoch for the cosine, none for others. */
    public static ScheduleOptions of(Kind kind) {
        return new ScheduleOptions(kind, kind.usualWarmup(), 0);
    }

    /** The fine-tuning article's for NYU. */
    public static ScheduleOptions article() {
        return of(Kind.COSINE);
    }

    /** The same curve after a warm-up of some epochs. */
    public ScheduleOptions withWarmupEpochs(double epochs) {
        return new ScheduleOptions(kind, epochs, 0);
    }

    /** The same curve after a warm-up of some optimiser steps. */
    public ScheduleOptions withWarmupSteps(long steps) {
        return new ScheduleOptions(kind, 0, steps);
    }

    void check(int epochs) {
        Check.that(warmupEpochs <= epochs, "--warmup-epochs", warmupEpochs, "from 0 to the number of epochs");
    }

    /**
     * The curve of a run.
     *
     * @throws FathomException if the warm-up is longer than the run
     */
    public LrSchedule over(int epochs, int batchesPerEpoch) {
        long total = (long) epochs * batchesPerEpoch;
        Check.that(warmupSteps <= total, "--warmup-steps", warmupSteps, "at most the " + total + " steps of the run");
        long warmup = warmupSteps > 0 ? warmupSteps : Math.round(warmupEpochs * batchesPerEpoch);
        return switch (kind) {
            case COSINE -> new LrSchedule.CosineWarmup(warmup, total);
            case POLY -> after(warmup, new LrSchedule.OfficialPoly(Math.max(1, total - warmup)));
            case CONSTANT -> after(warmup, new LrSchedule.Constant());
            case ONE_CYCLE -> new LrSchedule.OneCycle(total);
        };
    }

    private static LrSchedule after(long warmup, LrSchedule curve) {
        return warmup == 0 ? curve : new LrSchedule.Warmup(warmup, curve);
    }
}
