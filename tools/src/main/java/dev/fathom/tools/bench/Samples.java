package dev.fathom.tools.bench;

import dev.fathom.engine.memory.MemoryScope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Seconds that one piece of work took, run after run, sorted. The median is reported, with the quartiles: a machine
 * that others use too has a few slow runs, which would spoil a mean.
 *
 * @param seconds ascending, at least one
 */
public record Samples(double[] seconds) {
    /** Warming up lasts as long as it should for so many runs or more; who wants fewer wants it quick. */
    private static final double USUAL_RUNS = 7;
    /** Work shorter than this is repeated within a sample, so that the clock's own steps do not count. */
    private static final double LEAST_SAMPLE = 1e-3;

    public Samples {
        seconds = seconds.clone();
        Arrays.sort(seconds);
    }

    /**
     * Times work, each run in a memory scope of its own.
     *
     * @param runs how many samples
     * @param warmUp seconds to run it untimed first (less for fewer than 7 runs), at least {@code warmRuns} times, or
     * {@code runs} if that is less
     */
    public static Samples of(int runs, int warmRuns, double warmUp, Runnable work) {
        double least = warmUp * Math.min(1, runs / USUAL_RUNS);
        long start = System.nanoTime();
        int warm = 0;
        while (warm < Math.min(warmRuns, runs) || (System.nanoTime() - start) * 1e-9 < least) {
            once(1, work);
            warm++;
        }
        int times = (int) Math.clamp(Math.ceil(LEAST_SAMPLE / once(1, work)), 1, 10_000);
        double[] seconds = new double[runs];
        for (int i = 0; i < runs; i++) {
            seconds[i] = once(times, work) / times;
        }
        return new Samples(seconds);
    }

    private static double once(int times, Runnable work) {
        long start = System.nanoTime();
        for (int i = 0; i < times; i++) {
            try (MemoryScope scope = MemoryScope.open("run")) {
                work.run();
            }
        }
        return (System.nanoTime() - start) * 1e-9;
    }

    /** The middle one, or the mean of the two in the middle. */
    public double median() {
        return quantile(0.5);
    }

    /** The smallest. */
    public double best() {
        return seconds[0];
    }

    /** Linear between neighbours. */
    public double quantile(double share) {
        double at = share * (seconds.length - 1);
        int low = (int) at;
        int high = Math.min(low + 1, seconds.length - 1);
        return seconds[low] + (at - low) * (seconds[high] - seconds[low]);
    }

    /** {@code median 0.700 s (quartiles 0.690 to 0.720, best 0.680, 7 runs)}, in seconds or milliseconds. */
    String describe() {
        boolean millis = median() < 0.1;
        double unit = millis ? 1e3 : 1;
        return String.format(Locale.ROOT, "median %.3f %s (quartiles %.3f to %.3f, best %.3f, %d runs)",
                unit * median(), millis ? "ms" : "s", unit * quantile(0.25), unit * quantile(0.75), unit * best(),
                seconds.length);
    }

    Map<String, Object> json() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("median_seconds", median());
        map.put("lower_quartile_seconds", quantile(0.25));
        map.put("upper_quartile_seconds", quantile(0.75));
        map.put("seconds", seconds);
        return map;
    }
}
