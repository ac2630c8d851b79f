package dev.fathom.tests.conformance;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.sessions.JqwikSession;

/**
 * Runs a check on many trials of a row. jqwik draws the lists of choices and shrinks one that fails; the message then
 * shows the smallest trial that still fails and how to run it alone.
 *
 * <p>System properties: {@code fathom.trials.seed} (a number; every run uses the same one unless it is given), {@code
 * fathom.trials.times} (a factor for the number of trials), {@code fathom.trials.only} ({@code ROW:1,2,3} or {@code
 * ROW@float16:1,2,3}: only this row, only this trial).
 */
final class Trials {
    static final String SEED = "fathom.trials.seed";
    static final String TIMES = "fathom.trials.times";
    static final String ONLY = "fathom.trials.only";

    /** Longer than any row reads. */
    private static final int CHOICES = 24;
    private static final int MOST_SHRINKS = 400;

    private Trials() {
    }

    /**
     * Runs {@code check} on {@code count} trials, the first being the simplest one.
     *
     * @return the largest value that the check returned
     */
    static double forAll(OpSpec row, int count, ToDoubleFunction<Trial> check) {
        String only = System.getProperty(ONLY);
        if (only != null) {
            return runOnly(row, only, check);
        }
        AtomicReference<Double> worst = new AtomicReference<>(0.0);
        JqwikSession.run(() -> {
            Arbitrary<int[]> choices = Arbitraries.integers().between(0, 9_999)
                    .withDistribution(RandomDistribution.uniform())
                    .array(int[].class).ofSize(CHOICES);
            var generator = choices.generator(1_000, false);
            Random random = new Random(Long.getLong(SEED, 20_26) ^ row.name().hashCode());
            int trials = count * Integer.getInteger(TIMES, 1);
            worst.set(value(row, check, new int[CHOICES]));
            for (int t = 1; t < trials; t++) {
                Shrinkable<int[]> drawn = generator.next(random);
                Throwable failure = failure(row, check, drawn.value(), worst);
                if (failure != null) {
                    throw smallest(row, check, drawn, failure);
                }
            }
        });
        return worst.get();
    }

    private static double runOnly(OpSpec row, String only, ToDoubleFunction<Trial> check) {
        int colon = only.lastIndexOf(':');
        if (colon < 0 || OpSpecs.rows().stream()
                .noneMatch(r -> only.matches(Pattern.quote(r.name()) + "(@\\w+)?:.*"))) {
            throw new IllegalArgumentException("-D" + ONLY + "=" + only
                    + " must be the name of a row, a colon and its choices");
        }
        if (!only.substring(0, colon).equals(row.name())) {
            return 0;
        }
        return value(row, check, Arrays.stream(only.substring(colon + 1).split(","))
                .mapToInt(Integer::parseInt).toArray());
    }

    private static double value(OpSpec row, ToDoubleFunction<Trial> check, int[] choices) {
        try {
            return check.applyAsDouble(row.trial(choices));
        } catch (AssertionError | RuntimeException failure) {
            throw report(row, choices, failure);
        }
    }

    private static Throwable failure(OpSpec row, ToDoubleFunction<Trial> check, int[] choices,
            AtomicReference<Double> worst) {
        try {
            worst.set(Math.max(worst.get(), check.applyAsDouble(row.trial(choices))));
            return null;
        } catch (AssertionError | RuntimeException failure) {
            return failure;
        }
    }

    /** Follows the first simpler list that still fails, again and again. */
    private static AssertionError smallest(OpSpec row, ToDoubleFunction<Trial> check, Shrinkable<int[]> failed,
            Throwable failure) {
        AtomicReference<Double> ignored = new AtomicReference<>(0.0);
        int tries = 0;
        boolean simpler = true;
        while (simpler && tries < MOST_SHRINKS) {
            simpler = false;
            Iterator<Shrinkable<int[]>> candidates = failed.shrink().iterator();
            while (candidates.hasNext() && tries++ < MOST_SHRINKS) {
                Shrinkable<int[]> candidate = candidates.next();
                Throwable f = failure(row, check, candidate.value(), ignored);
                if (f != null) {
                    failed = candidate;
                    failure = f;
                    simpler = true;
                    break;
                }
            }
        }
        return report(row, failed.value(), failure);
    }

    private static AssertionError report(OpSpec row, int[] choices, Throwable failure) {
        int used = choices.length;
        while (used > 1 && choices[used - 1] == 0) {
            used--;
        }
        String list = String.join(",", Arrays.stream(choices, 0, used).mapToObj(Integer::toString).toList());
        String trial;
        try {
            trial = row.trial(choices).toString();
        } catch (RuntimeException cannotDraw) {
            trial = "(its trial could not be drawn)";
        }
        return new AssertionError(failure.getMessage() + "\n  trial: " + trial + "\n  again: -D" + ONLY + "="
                + row.name() + ":" + list,
                failure);
    }
}
