package dev.fathom.training.evaluation.statistics;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.numeric.Philox;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Confidence intervals by drawing the images again, with replacement, many times (Efron and Tibshirani, "An introduction
 * to the bootstrap", 1993, chapters 13 and 14). The same seed gives the same intervals on every machine.
 *
 * @param resamples how many times; 10,000 settle the third digit of an interval
 * @param level its confidence: 0.95
 * @param method how the resamples become an interval
 * @param seed of {@link Philox}
 */
public record Bootstrap(int resamples, double level, Method method, long seed) {
    /** What is usual. */
    public static final Bootstrap STANDARD = new Bootstrap(10_000, 0.95, Method.BCA, 0);
    private static final int PURPOSE = 0xB007;

    /** How resamples become an interval. */
    public enum Method {
        /** From one quantile of the resamples to the other. */
        PERCENTILE,
        /** The same with quantiles that are corrected for bias and skewness: for means of errors, which are skewed. */
        BCA;

        /** As on the command line. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** @throws FathomException if a value makes no sense */
    public Bootstrap {
        if (resamples < 100) {
            throw new FathomException("--bootstrap is " + resamples + ", but an interval needs at least 100 resamples.");
        }
        if (!(level > 0 && level < 1)) {
            throw new FathomException("--confidence is " + level + ", but must lie between 0 and 1: 0.95 is usual.");
        }
    }

    /**
     * Intervals of means.
     *
     * @param columns a measure each, with a value an image; all of the same length
     */
    public List<Interval> ofMeans(List<double[]> columns) {
        int images = columns.getFirst().length;
        return of(images, drawn -> {
            double[] means = new double[columns.size()];
            for (int k = 0; k < means.length; k++) {
                double[] column = columns.get(k);
                double sum = 0;
                for (int image : drawn) {
                    sum += column[image];
                }
                means[k] = sum / drawn.length;
            }
            return means;
        });
    }

    /** The interval of one mean. */
    public Interval ofMean(double[] values) {
        return ofMeans(List.of(values)).getFirst();
    }

    /**
     * Intervals of whatever can be computed from some of the images: all from the same resamples.
     *
     * @param images how many there are
     * @param statistics the numbers of the images that were drawn, which may come several times
     */
    public List<Interval> of(int images, Function<int[], double[]> statistics) {
        int[] all = IntStream.range(0, images).toArray();
        double[] estimates = statistics.apply(all);
        if (images < 2) {
            return Arrays.stream(estimates).mapToObj(Interval::none).toList();
        }
        double[][] replicates = new double[estimates.length][resamples];
        int[] drawn = new int[images];
        for (int r = 0; r < resamples; r++) {
            Philox random = new Philox(seed, r, 0, PURPOSE);
            Arrays.setAll(drawn, i -> random.nextInt(images));
            collect(statistics.apply(drawn), replicates, r);
        }
        double[][] jackknife = new double[estimates.length][images];
        for (int left = 0; method == Method.BCA && left < images; left++) {
            int without = left;
            collect(statistics.apply(Arrays.stream(all).filter(i -> i != without).toArray()), jackknife, left);
        }
        List<Interval> intervals = new ArrayList<>();
        for (int k = 0; k < estimates.length; k++) {
            intervals.add(interval(estimates[k], replicates[k], jackknife[k]));
        }
        return intervals;
    }

    private static void collect(double[] values, double[][] columns, int row) {
        for (int k = 0; k < values.length; k++) {
            columns[k][row] = values[k];
        }
    }

    private Interval interval(double estimate, double[] replicates, double[] jackknife) {
        Arrays.sort(replicates);
        if (!Double.isFinite(estimate) || !Double.isFinite(replicates[0]) || !Double.isFinite(replicates[resamples - 1])
                || replicates[0] == replicates[resamples - 1]) {
            // Images that are all alike, all right for example, do not say how far others may differ.
            return Interval.none(estimate);
        }
        double tail = (1 - level) / 2;
        if (method == Method.PERCENTILE) {
            return new Interval(estimate, quantile(replicates, tail), quantile(replicates, 1 - tail));
        }
        double bias = Normal.quantile(shareBelow(replicates, estimate));
        if (Double.isInfinite(bias)) {
            // Every resample lies on one side: there is no bias to correct by.
            return new Interval(estimate, quantile(replicates, tail), quantile(replicates, 1 - tail));
        }
        double skew = acceleration(jackknife);
        return new Interval(estimate, quantile(replicates, corrected(tail, bias, skew)),
                quantile(replicates, corrected(1 - tail, bias, skew)));
    }

    /** The share of resamples below the estimate; those equal to it count half. */
    private static double shareBelow(double[] sorted, double estimate) {
        double below = 0;
        for (double value : sorted) {
            below += value < estimate ? 1 : value == estimate ? 0.5 : 0;
        }
        return below / sorted.length;
    }

    /** sum d^3 / (6 (sum d^2)^1.5), d how far the jackknife's values lie below their mean (equation 14.15). */
    private static double acceleration(double[] jackknife) {
        double mean = Arrays.stream(jackknife).sum() / jackknife.length;
        double squares = 0;
        double cubes = 0;
        for (double value : jackknife) {
            double d = mean - value;
            squares += d * d;
            cubes += d * d * d;
        }
        return squares == 0 ? 0 : cubes / (6 * Math.pow(squares, 1.5));
    }

    /** Equation 14.10. */
    private static double corrected(double probability, double bias, double skew) {
        double z = bias + Normal.quantile(probability);
        return Normal.cdf(bias + z / (1 - skew * z));
    }

    /** Linear between the ordered values, the first being the quantile of 0 and the last that of 1, as NumPy's. */
    private static double quantile(double[] sorted, double probability) {
        double at = probability * (sorted.length - 1);
        int below = (int) at;
        return below + 1 >= sorted.length ? sorted[sorted.length - 1]
                : sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
    }
}
