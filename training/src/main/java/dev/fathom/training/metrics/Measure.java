package dev.fathom.training.metrics;

/** A number that says how good a depth map is: what it is called, which way is better, and what exactly it is. */
public interface Measure {
    /** The name in tables, files and options, for example {@code abs_rel}. */
    String key();

    /** Whether larger values are better. */
    boolean higherIsBetter();

    /** The definition in one line, with p predicted and t true depth of a pixel. */
    String description();

    /** What it is counted in: {@code m}, {@code 1/km}, {@code dB}; empty for a ratio, a share or a logarithm. */
    String unit();

    /** Whether {@code value} is strictly better than {@code other}; NaN is never better. */
    default boolean better(double value, double other) {
        return higherIsBetter() ? value > other : value < other;
    }
}
