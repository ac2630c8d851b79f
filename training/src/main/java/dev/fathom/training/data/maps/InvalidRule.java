package dev.fathom.training.data.maps;

import dev.fathom.engine.errors.FathomException;
import java.util.ArrayList;
import java.util.List;

/**
 * Numbers that mark a hole: a number, {@code nan}, {@code inf} (of either sign), or all from a number on: {@code <=0},
 * {@code <1}, {@code >=65535}, {@code >80}.
 *
 * @param text as typed
 */
record InvalidRule(String text, Comparison comparison, float bound) {
    private static final String BETWEEN = "\\+";

    enum Comparison {
        NAN, INFINITE, EQUAL, BELOW, UP_TO, ABOVE, FROM
    }

    /** Rules divided by +, such as {@code nan+<=0+65535}. */
    static List<InvalidRule> list(String where, String text) {
        List<InvalidRule> rules = new ArrayList<>();
        for (String word : text.split(BETWEEN, -1)) {
            rules.add(of(where, text, word.strip()));
        }
        return rules;
    }

    private static InvalidRule of(String where, String whole, String word) {
        Comparison comparison = word.equals("nan") ? Comparison.NAN : word.equals("inf") ? Comparison.INFINITE
                : word.startsWith("<=") ? Comparison.UP_TO : word.startsWith("<") ? Comparison.BELOW
                : word.startsWith(">=") ? Comparison.FROM : word.startsWith(">") ? Comparison.ABOVE : Comparison.EQUAL;
        String number = word.replaceFirst("^[<>]=?", "");
        try {
            boolean named = comparison == Comparison.NAN || comparison == Comparison.INFINITE;
            return new InvalidRule(word, comparison, named ? 0 : bound(number));
        } catch (NumberFormatException e) {
            throw new FathomException(where + " has invalid=" + whole + ": expected nan, inf, a number, or a bound such as"
                    + " <=0 or >80, several divided by +.", e);
        }
    }

    private static float bound(String number) {
        float value = Float.parseFloat(number);
        if (!Float.isFinite(value)) {
            throw new NumberFormatException(number);
        }
        return value;
    }

    boolean holds(float value) {
        return switch (comparison) {
            case NAN -> Float.isNaN(value);
            case INFINITE -> Float.isInfinite(value);
            case EQUAL -> value == bound;
            case BELOW -> value < bound;
            case UP_TO -> value <= bound;
            case ABOVE -> value > bound;
            case FROM -> value >= bound;
        };
    }
}
