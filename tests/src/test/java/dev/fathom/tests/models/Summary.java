package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Locale;

/**
 * Comparing an array with what a golden keeps of one that is too large to store: mean, standard deviation, extremes,
 * Euclidean norm, first and last elements, sums of 64 pieces.
 *
 * <p>The limits follow from those of the elements: a mean or deviation moves by no more than the rms deviation, a norm
 * by no more than sqrt(n) times that, an extreme by no more than the largest deviation.
 */
final class Summary {
    private Summary() {
    }

    /**
     * Fails unless {@code actual}, in PyTorch's order, agrees with {@code summary} as far as element limits promise.
     */
    static void assertClose(JsonNode summary, double[] actual, double tolAbs, double tolRms, String what) {
        assertEquals(summary.get("n").asInt(), actual.length, what + ": number of elements");
        double mean = Arrays.stream(actual).sum() / actual.length;
        double variance = Arrays.stream(actual).map(v -> (v - mean) * (v - mean)).sum() / actual.length;
        double l2 = Math.sqrt(Arrays.stream(actual).map(v -> v * v).sum());
        near(summary, "mean", mean, tolRms, what);
        near(summary, "std", Math.sqrt(variance), tolRms, what);
        near(summary, "l2", l2, tolRms * Math.sqrt(actual.length), what);
        near(summary, "min", Arrays.stream(actual).min().orElseThrow(), tolAbs, what);
        near(summary, "max", Arrays.stream(actual).max().orElseThrow(), tolAbs, what);
        ends(summary, actual, tolAbs, what);
    }

    /** Fails unless the first and last elements that the summary holds agree. */
    static void ends(JsonNode summary, double[] actual, double tolAbs, String what) {
        JsonNode first = summary.get("first");
        for (int i = 0; i < first.size(); i++) {
            near(first.get(i).asDouble(), actual[i], tolAbs, what + ": element " + i);
        }
        JsonNode last = summary.get("last");
        for (int i = 0; i < last.size(); i++) {
            int at = actual.length - last.size() + i;
            near(last.get(i).asDouble(), actual[at], tolAbs, what + ": element " + at);
        }
    }

    /** Fails unless the sums of 64 nearly equal pieces agree; a piece's mean may be off by {@code tolRms}. */
    static void bins(JsonNode bins, double[] actual, double tolRms, String what) {
        for (int b = 0; b < 64; b++) {
            int from = (int) ((long) actual.length * b / 64);
            int to = (int) ((long) actual.length * (b + 1) / 64);
            near(bins.get(b).asDouble(), Arrays.stream(actual, from, to).sum(), tolRms * (to - from), what + ": sum"
                    + " of piece " + b);
        }
    }

    private static void near(JsonNode summary, String field, double actual, double limit, String what) {
        near(summary.get(field).asDouble(), actual, limit, what + ": " + field);
    }

    static void near(double expected, double actual, double limit, String what) {
        assertTrue(Math.abs(expected - actual) <= limit, String.format(Locale.ROOT, "%s is %.9g, expected %.9g, off"
                + " by %.3g, limit %.3g",
                what, actual, expected, Math.abs(expected - actual), limit));
    }
}
