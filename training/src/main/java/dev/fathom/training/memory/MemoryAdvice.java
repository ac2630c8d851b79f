package dev.fathom.training.memory;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.TrainOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Whether a run fits into the memory that there is, and what would fit instead. Every number is a forecast of its own.
 *
 * @param forecast of a plan: {@link RunForecast#of}
 * @param usable bytes that the run may take in all
 * @param where whose they are, for messages: {@code this machine}
 */
public record MemoryAdvice(Function<StepMemory.Plan, RunForecast> forecast, long usable, String where) {
    /** Forecasts may be a tenth too low, so what is chosen automatically stays below this share. */
    private static final double MARGIN = 0.9;

    /**
     * Refuses a plan that does not fit.
     *
     * @param needed its forecast
     * @throws FathomException with the numbers and with what would fit
     */
    public void check(StepMemory.Plan plan, RunForecast needed) {
        if (needed.total() > usable) {
            List<String> ways = ways(plan);
            throw new FathomException("Training as asked needs " + needed.words() + "; but " + where + " can give "
                    + RunForecast.bytes(usable) + ". " + (ways.isEmpty()
                    ? "No smaller batch or crop, nor --recompute, is enough by itself: combine them, or take a smaller"
                    + " --encoder." : "What would fit: " + String.join(", ", ways)
                    + ". --no-memory-check begins all the same."));
        }
    }

    /** Single changes of a plan that make it fit, each with what it then needs. */
    private List<String> ways(StepMemory.Plan plan) {
        List<String> ways = new ArrayList<>();
        BatchOptions batch = plan.options().batch();
        int parts = plan.split().parts();
        largest(parts, batch.size() - 1, usable, plan::withBatch)
                .ifPresent(n -> ways.add(way("--bs " + n, plan.withBatch(n))));
        IntFunction<StepMemory.Plan> crop = patches -> plan.with(withSide(plan.options(),
                patches * NetworkSize.PATCH));
        OptionalInt patches = largest(1, batch.inputSize() / NetworkSize.PATCH - 1, usable, crop);
        patches.ifPresent(n -> ways.add(way("--img-size " + n * NetworkSize.PATCH, crop.apply(n))));
        if (!plan.recompute()) {
            StepMemory.Plan recomputing = plan.recomputing();
            if (forecast.apply(recomputing).total() <= usable) {
                ways.add(way("--recompute", recomputing));
            }
        }
        int share = plan.split().largestPart(batch.size()) * plan.split().accumulate();
        for (int more = plan.split().accumulate() + 1; more <= share; more++) {
            StepMemory.Plan split = plan.accumulating(more);
            if (split.split().parts() <= batch.size() && forecast.apply(split).total() <= usable) {
                ways.add(way("--accumulate " + more, split));
                break;
            }
        }
        return ways;
    }

    private String way(String words, StepMemory.Plan plan) {
        return words + " (" + RunForecast.bytes(forecast.apply(plan).total()) + ")";
    }

    private static TrainOptions withSide(TrainOptions options, int side) {
        return options.with(options.batch().of(options.batch().size(), side));
    }

    /**
     * The largest number of pictures a step that fits with a margin.
     *
     * @param most more are of no use: the data set has no more
     * @throws FathomException if not even the smallest batch fits
     */
    public int largestBatch(StepMemory.Plan plan, int most) {
        int least = plan.split().parts();
        OptionalInt found = largest(least, Math.max(least, most), (long) (MARGIN * usable), plan::withBatch);
        if (found.isEmpty()) {
            StepMemory.Plan smallest = plan.withBatch(least);
            RunForecast needed = forecast.apply(smallest);
            check(smallest, needed);
            return least;       // it fits, if only without the margin
        }
        return found.getAsInt();
    }

    /**
     * The largest number from {@code least} to {@code most} whose plan needs no more than a limit: by doubling the step
     * while there is no upper end, by halves afterwards.
     */
    private OptionalInt largest(int least, int most, long limit, IntFunction<StepMemory.Plan> plan) {
        if (most < least || total(plan, least) > limit) {
            return OptionalInt.empty();
        }
        int fits = least;
        int tooMany = most + 1;
        int step = 1;
        while (fits + 1 < tooMany) {
            int next = tooMany > most ? Math.min(fits + step, most) : (fits + tooMany) / 2;
            if (total(plan, next) <= limit) {
                fits = next;
                step *= 2;
            } else {
                tooMany = next;
            }
        }
        return OptionalInt.of(fits);
    }

    private long total(IntFunction<StepMemory.Plan> plan, int value) {
        return forecast.apply(plan.apply(value)).total();
    }
}
