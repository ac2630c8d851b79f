package dev.fathom.training.data.maps;

import dev.fathom.engine.errors.FathomException;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How long one unit of a map is: {@code numerator / denominator} metres. A fraction, so that a number is multiplied and
 * divided once each, in float64, and rounded to float32 once: millimetres are v / 1000, not v * 0.001.
 *
 * @param text as it was typed
 * @param numerator above 0
 * @param denominator above 0
 */
record MapUnit(String text, double numerator, double denominator) {
    private static final Map<String, MapUnit> NAMED = new TreeMap<>();

    static {
        name("m", 1, 1);
        name("dm", 1, 10);
        name("cm", 1, 100);
        name("mm", 1, 1000);
        name("um", 1, 1_000_000);
        name("km", 1000, 1);
        name("inch", 254, 10_000);
        name("foot", 3048, 10_000);
    }

    private static void name(String word, double numerator, double denominator) {
        NAMED.put(word, new MapUnit(word, numerator, denominator));
    }

    /** The names. */
    static String names() {
        return NAMED.keySet().stream().collect(Collectors.joining(", "));
    }

    /** By its name. */
    static MapUnit named(String where, String word) {
        MapUnit unit = NAMED.get(word);
        if (unit == null) {
            throw new FathomException(where + " has unit=" + word + ": expected one of " + names()
                    + ", or none where the numbers have no unit.");
        }
        return unit;
    }

    /** From a number or a fraction: {@code 0.001}, {@code 1/256}, {@code 50/65535}. */
    static MapUnit scale(String where, String text) {
        String[] parts = text.split("/", 2);
        try {
            double numerator = Double.parseDouble(parts[0]);
            double denominator = parts.length == 1 ? 1 : Double.parseDouble(parts[1]);
            if (numerator > 0 && denominator > 0 && Double.isFinite(numerator) && Double.isFinite(denominator)) {
                return new MapUnit(text, numerator, denominator);
            }
        } catch (NumberFormatException e) {
            throw refusal(where, text, e);
        }
        throw refusal(where, text, null);
    }

    private static FathomException refusal(String where, String text, Exception cause) {
        return new FathomException(where + " has scale=" + text
                + ": expected a number above 0 or a fraction, such as 0.001 or 1/256.", cause);
    }

    /** Whether it has a name, rather than being a number of metres. */
    boolean named() {
        return NAMED.containsKey(text);
    }

    /** Metres of a number that is a depth. */
    double ofDepth(double value) {
        return value * numerator / denominator;
    }

    /** Metres of a number that is a disparity. */
    double ofDisparity(double value) {
        return numerator / (denominator * value);
    }
}
