package dev.fathom.engine.cuda.emulated.check;

import dev.fathom.engine.errors.FathomException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a parameter of a kernel is given in every launch. As text:
 *
 * <pre>
 * f32[n]           a buffer of n floats, filled with random numbers
 * f16[n*64]=zero   one of zeros; =undefined one that nobody has written (results); =0..9 random numbers from 0 to 9
 * n, 3*n+1, 42     an integer
 * 0.5, -1.0..1.0   a real number, or a random one
 * </pre>
 *
 * <p>Element types: f32, f16, bf16, f64, i8, i16, i32, i64. Names of sizes are drawn at random, but for {@code threads} and
 * {@code blocks}: those of the grid.
 */
public sealed interface ArgumentSpec {
    /** How a buffer begins. */
    enum Fill { RANDOM, ZERO, UNDEFINED }

    /** The types of elements. */
    enum Element {
        F32(4), F16(2), BF16(2), F64(8), I8(1), I16(2), I32(4), I64(8);

        private final int bytes;

        Element(int bytes) {
            this.bytes = bytes;
        }

        int bytes() {
            return bytes;
        }

        boolean floating() {
            return ordinal() <= F64.ordinal();
        }
    }

    /** Device memory. Random numbers come from low to high. */
    record Buffer(Element element, Size count, Fill fill, double low, double high) implements ArgumentSpec {
        @Override
        public String toString() {
            return element.name().toLowerCase(Locale.ROOT) + "[" + count + "]" + switch (fill) {
                case RANDOM -> "";
                case ZERO -> "=zero";
                case UNDEFINED -> "=undefined";
            };
        }
    }

    /** An integer of any size. */
    record Whole(Size value) implements ArgumentSpec {
        @Override
        public String toString() {
            return value.toString();
        }
    }

    /** A float or a double, random from low to high. */
    record Real(double low, double high) implements ArgumentSpec {
        @Override
        public String toString() {
            return low == high ? "" + low : low + ".." + high;
        }
    }

    /** A buffer with the usual contents: floats from -1 to 1, integers from 0 to 9. */
    static Buffer buffer(Element element, Size count, Fill fill) {
        return new Buffer(element, count, fill, element.floating() ? -1 : 0, element.floating() ? 1 : 9);
    }

    /**
     * Reads the text of a specification.
     *
     * @throws FathomException if it is none
     */
    static ArgumentSpec parse(String text) {
        String t = text.strip();
        Matcher buffer = Pattern.compile("([a-z]+\\d+)\\[([^\\]]+)\\](?:=(.+))?").matcher(t);
        if (buffer.matches()) {
            return parseBuffer(buffer.group(1), Size.of(buffer.group(2)), buffer.group(3), t);
        }
        double[] range = range(t);
        if (range != null && (t.contains("..") || t.contains(".") || t.contains("e") || t.startsWith("-"))) {
            return new Real(range[0], range[1]);
        }
        return new Whole(Size.of(t));
    }

    private static Buffer parseBuffer(String type, Size count, String fill, String text) {
        Element element;
        try {
            element = Element.valueOf(type.toUpperCase(Locale.ROOT).replaceFirst("^U", "I"));
        } catch (IllegalArgumentException e) {
            throw new FathomException("'" + type + "' in '" + text
                    + "' is no element type; there are f32, f16, bf16, f64, i8, i16, i32 and i64", e);
        }
        if (fill == null || fill.equals("random")) {
            return buffer(element, count, Fill.RANDOM);
        }
        if (fill.equals("zero") || fill.equals("undefined")) {
            return buffer(element, count, fill.equals("zero") ? Fill.ZERO : Fill.UNDEFINED);
        }
        double[] range = range(fill);
        if (range == null) {
            throw new FathomException("'" + fill + "' in '" + text
                    + "' does not fill a buffer; say random, zero, undefined, or a range such as 0..9");
        }
        return new Buffer(element, count, Fill.RANDOM, range[0], range[1]);
    }

    /** {a, b} of "a..b", {a, a} of "a", null of anything else. */
    private static double[] range(String text) {
        String[] ends = text.split("\\.\\.", 2);
        try {
            double low = Double.parseDouble(ends[0]);
            double high = ends.length == 1 ? low : Double.parseDouble(ends[1]);
            return low <= high ? new double[] {low, high} : null;
        } catch (NumberFormatException e) {
            return null; // not a number: the caller says what it may be instead
        }
    }
}
