package dev.fathom.tools.points;

import dev.fathom.engine.errors.FathomException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where a cloud is looked at from: on a sphere around its middle.
 *
 * @param name for the file
 * @param yaw degrees from where the photo was taken, to the right
 * @param pitch degrees upwards
 */
public record Viewpoint(String name, double yaw, double pitch) {
    private static final Map<String, Viewpoint> NAMED = new TreeMap<>(Map.of(
            "front", new Viewpoint("front", 0, 0), "left", new Viewpoint("left", -35, 10),
            "right", new Viewpoint("right", 35, 10), "above", new Viewpoint("above", 0, 40),
            "top", new Viewpoint("top", 0, 90)));
    private static final String NUMBER = "([+-]?\\d{1,3}(?:\\.\\d+)?)";
    private static final Pattern ANGLES = Pattern.compile(NUMBER + "," + NUMBER);

    /** @throws FathomException if the word is no viewpoint */
    public static Viewpoint of(String word) {
        Viewpoint named = NAMED.get(word.toLowerCase(Locale.ROOT));
        if (named != null) {
            return named;
        }
        Matcher angles = ANGLES.matcher(word);
        if (!angles.matches()) {
            throw new FathomException("'" + word + "' is no view; expected " + String.join(", ", NAMED.keySet())
                    + " or YAW,PITCH in degrees, like 30,15.");
        }
        double yaw = Double.parseDouble(angles.group(1));
        double pitch = Double.parseDouble(angles.group(2));
        if (Math.abs(yaw) > 360 || Math.abs(pitch) > 90) {
            throw new FathomException("A view of " + word
                    + " makes no sense; YAW is from -360 to 360 degrees, PITCH from -90 to 90.");
        }
        return new Viewpoint("yaw" + angles.group(1) + "_pitch" + angles.group(2), yaw, pitch);
    }

    /** Reads a viewpoint for picocli. */
    public static final class Converter implements ITypeConverter<Viewpoint> {
        @Override
        public Viewpoint convert(String word) {
            try {
                return of(word);
            } catch (FathomException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** To the right, downwards and forward in the view, each of length 1, in the coordinates of the photo's camera. */
    double[][] axes() {
        double ys = Math.sin(Math.toRadians(yaw));
        double yc = Math.cos(Math.toRadians(yaw));
        double ps = Math.sin(Math.toRadians(pitch));
        double pc = Math.cos(Math.toRadians(pitch));
        return new double[][] {{yc, 0, ys}, {ys * ps, pc, -yc * ps}, {-ys * pc, ps, yc * pc}};
    }
}
