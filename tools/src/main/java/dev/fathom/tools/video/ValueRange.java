package dev.fathom.tools.video;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.ByteMap.Range;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which values the ends of the palette stand for, in all frames alike.
 *
 * @param kind where they come from
 * @param low  a value or a percentage; {@code high} the other end
 */
public record ValueRange(Kind kind, double low, double high) {
    /** Where the ends come from. */
    public enum Kind {
        /** The least and greatest value of the clip. */
        CLIP,
        /** Percentiles of all values of the clip. */
        PERCENTILES,
        /** Two values that were given. */
        GIVEN
    }

    private static final Pattern TWO = Pattern.compile("([-+.\\deE]+),([-+.\\deE]+)");

    /** From the least to the greatest value of the clip. */
    public static ValueRange clip() {
        return new ValueRange(Kind.CLIP, 0, 0);
    }

    /** Reads {@code --range LOW,HIGH}. */
    static ValueRange given(String text) {
        double[] ends = two("--range", text, "two values, the lower first, like 0.5,10");
        return new ValueRange(Kind.GIVEN, ends[0], ends[1]);
    }

    /** Reads {@code --percentiles LOW,HIGH}. */
    static ValueRange percentiles(String text) {
        double[] ends = two("--percentiles", text, "two percentages, the lower first, like 2,98");
        if (ends[0] < 0 || ends[1] > 100) {
            throw new FathomException("--percentiles is " + text + ", but percentages are from 0 to 100.");
        }
        return new ValueRange(Kind.PERCENTILES, ends[0], ends[1]);
    }

    private static double[] two(String option, String text, String expected) {
        Matcher matcher = TWO.matcher(text);
        try {
            if (matcher.matches()) {
                double low = Double.parseDouble(matcher.group(1));
                double high = Double.parseDouble(matcher.group(2));
                if (low < high) {
                    return new double[] {low, high};
                }
            }
        } catch (NumberFormatException e) {
            throw new FathomException(option + " is " + text + ", but must be " + expected + ".", e);
        }
        throw new FathomException(option + " is " + text + ", but must be " + expected + ".");
    }

    /** The values for a clip. */
    Range of(ClipAnalysis clip, MapSpool spool, boolean neverNegative) {
        return switch (kind) {
            case CLIP -> clip.range();
            case PERCENTILES -> clip.percentiles(spool, neverNegative, low, high);
            case GIVEN -> new Range((float) low, (float) high);
        };
    }

    /** For people and files. */
    @Override
    public String toString() {
        return switch (kind) {
            case CLIP -> "the clip's own minimum to maximum";
            case PERCENTILES -> String.format(Locale.ROOT, "the clip's percentiles %s to %s", low, high);
            case GIVEN -> String.format(Locale.ROOT, "%s to %s as given", low, high);
        };
    }
}
