package dev.fathom.training.state;

import dev.fathom.engine.errors.FathomException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * When a run saves its state, and how many states it keeps. A run that steps or minutes divide also saves at the end of
 * each epoch; any run saves at its end and when it is stopped.
 *
 * @param every how often
 * @param keepLast how many states are kept: {@code last.safetensors}, and in {@code states/} those before it
 */
public record SavePolicy(Interval every, int keepLast) {
    /** What an interval counts. */
    public enum Unit {
        STEPS, MINUTES, EPOCHS
    }

    /**
     * How often.
     *
     * @param count of units: a whole number unless of minutes
     * @param unit what is counted
     */
    public record Interval(double count, Unit unit) {
        private static final Pattern FORM = Pattern.compile(
                "(\\d{1,9}(?:\\.\\d{1,9})?) ?(|steps?|m|min|minutes?|e|epochs?)");

        /** @throws FathomException if the count makes no sense */
        public Interval {
            boolean whole = unit == Unit.MINUTES || count == Math.rint(count);
            if (!(count > 0 && count < Double.POSITIVE_INFINITY && whole)) {
                throw wrong(count + " " + unit.toString().toLowerCase(Locale.ROOT), null);
            }
        }

        /**
         * Reads {@code 200}, {@code 10m}, {@code 2e}, or in words {@code 200 steps}, {@code 10 minutes}, {@code 2 epochs}.
         *
         * @throws FathomException if it is none of these; the sentence names the command line's option
         */
        public static Interval parse(String text) {
            Matcher form = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
            if (!form.matches()) {
                throw wrong(text, null);
            }
            String word = form.group(2);
            Unit unit = word.startsWith("m") ? Unit.MINUTES : word.startsWith("e") ? Unit.EPOCHS : Unit.STEPS;
            try {
                return new Interval(Double.parseDouble(form.group(1)), unit);
            } catch (FathomException e) {
                throw wrong(text, e);
            }
        }

        private static FathomException wrong(String text, FathomException cause) {
            return new FathomException("--save-every is '" + text + "', but must be a number of steps (200), minutes"
                    + " (10m) or epochs (1e), more than 0.", cause);
        }
    }

    /** @throws FathomException if a value makes no sense; the sentence names the command line's option */
    public SavePolicy {
        if (keepLast < 1) {
            throw new FathomException("--keep-last is " + keepLast + ", but must be at least 1: the state itself.");
        }
    }

    /** After each epoch, the last state alone. */
    public static SavePolicy standard() {
        return new SavePolicy(new Interval(1, Unit.EPOCHS), 1);
    }

    /** The same at other times. */
    public SavePolicy withEvery(String interval) {
        return new SavePolicy(Interval.parse(interval), keepLast);
    }

    /** The same with another number of states. */
    public SavePolicy withKeepLast(int count) {
        return new SavePolicy(every, count);
    }

    /**
     * Whether to save after an applied step that is not its epoch's end.
     *
     * @param step optimiser steps done in all
     * @param nanosSinceSave since the last state was saved, or the run began
     */
    boolean dueAfterStep(long step, long nanosSinceSave) {
        return switch (every.unit) {
            case STEPS -> step % (long) every.count == 0;
            case MINUTES -> nanosSinceSave >= every.count * TimeUnit.MINUTES.toNanos(1);
            case EPOCHS -> false;
        };
    }

    /**
     * Whether to save after an epoch with its validation.
     *
     * @param done epochs done in all, {@code of} how many
     */
    boolean dueAfterEpoch(int done, int of) {
        return every.unit != Unit.EPOCHS || done == of || done % (long) every.count == 0;
    }
}
