package dev.fathom.tools.calibrate;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A pixel and its depth as somebody gave them.
 *
 * @param x      column, 0 is the leftmost; {@code y} row, 0 is the top one; may lie between pixels
 * @param metres along the camera's axis
 */
record TypedPoint(double x, double y, double metres) {
    /** Reads X,Y,METRES for picocli. */
    static final class Converter implements ITypeConverter<TypedPoint> {
        @Override
        public TypedPoint convert(String text) {
            try {
                return parse(text.split(",", -1));
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is no point (" + e.getMessage()
                        + "); write column, row and depth in metres, like 320,240,2.5");
            }
        }
    }

    /** @throws IllegalArgumentException with the reason if the words are no point */
    static TypedPoint parse(String... words) {
        if (words.length != 3) {
            throw new IllegalArgumentException(words.length + " values instead of three");
        }
        double metres = number(words[2]);
        if (!(metres > 0) || Double.isInfinite(metres)) {
            throw new IllegalArgumentException("its depth is " + words[2].strip() + ", but must be more than 0 metres");
        }
        return new TypedPoint(number(words[0]), number(words[1]), metres);
    }

    private static double number(String word) {
        try {
            double value = Double.parseDouble(word.strip());
            if (Double.isNaN(value)) {
                throw new IllegalArgumentException("'" + word.strip() + "' is no number");
            }
            return value;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("'" + word.strip() + "' is no number", e);
        }
    }
}
