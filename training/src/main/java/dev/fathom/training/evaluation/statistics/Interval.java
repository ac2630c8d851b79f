package dev.fathom.training.evaluation.statistics;

import java.util.Locale;

/**
 * A number and a range for it.
 *
 * @param estimate the number itself
 * @param low NaN if there is no range
 * @param high NaN if there is no range
 */
public record Interval(double estimate, double low, double high) {
    /** Of a number that has no range: of one image, of images that are all alike, or not finite. */
    static Interval none(double estimate) {
        return new Interval(estimate, Double.NaN, Double.NaN);
    }

    /** Whether there is a range and a value lies outside of it. */
    public boolean excludes(double value) {
        return value < low || value > high;
    }

    /** {@code 0.0731 [0.0702, 0.0765]}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, Double.isNaN(low) ? "%.4f" : "%.4f [%.4f, %.4f]", estimate, low, high);
    }
}
