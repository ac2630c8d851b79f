package dev.fathom.tools.report;

import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Text as filled outlines, from a typeface that comes with the program (Open Sans; see {@code glyphs.txt}).
 *
 * <p>Java's own text drawing needs fonts on the machine and fails without them, as in most containers; shapes are drawn
 * by Java2D alone, and look the same everywhere. A character that the table lacks is drawn as an empty box.
 */
final class Lettering {
    /** The two weights of the typeface. */
    enum Weight { REGULAR, SEMIBOLD }

    /** Which point of the text lies at the given x. */
    enum Anchor { LEFT, MIDDLE, RIGHT }

    private record Glyph(double advance, Path2D outline) {
    }

    private static final String RESOURCE = "glyphs.txt";
    private static final double EM = 1000;
    private static final Map<Weight, Map<Integer, Glyph>> GLYPHS = load();

    private Lettering() {
    }

    /** Width of {@code text} in pixels at {@code size} pixels to the em. */
    static double width(String text, Weight weight, double size) {
        return text.codePoints().mapToDouble(c -> glyph(c, weight).advance()).sum() * size / EM;
    }

    /** Draws {@code text} in the graphics' colour, its baseline at y. */
    static void draw(Graphics2D g, String text, double x, double y, Weight weight, double size, Anchor anchor) {
        double width = width(text, weight, size);
        double at = switch (anchor) {
            case LEFT -> x;
            case MIDDLE -> x - width / 2;
            case RIGHT -> x - width;
        };
        AffineTransform before = g.getTransform();
        g.translate(at, y);
        g.scale(size / EM, size / EM);
        text.codePoints().forEach(c -> {
            Glyph glyph = glyph(c, weight);
            g.fill(glyph.outline());
            g.translate(glyph.advance(), 0);
        });
        g.setTransform(before);
    }

    /** {@code text}, cut and ended by an ellipsis if it is wider than {@code room} pixels. */
    static String fit(String text, Weight weight, double size, double room) {
        if (width(text, weight, size) <= room) {
            return text;
        }
        int length = text.length();
        while (length > 0 && width(text.substring(0, length) + "…", weight, size) > room) {
            length = text.offsetByCodePoints(length, -1);
        }
        return text.substring(0, length) + "…";
    }

    private static Glyph glyph(int codePoint, Weight weight) {
        Map<Integer, Glyph> glyphs = GLYPHS.get(weight);
        Glyph glyph = glyphs.get(codePoint);
        return glyph != null ? glyph : glyphs.get(-1);
    }

    private static Map<Weight, Map<Integer, Glyph>> load() {
        Map<Weight, Map<Integer, Glyph>> all = new EnumMap<>(Weight.class);
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Lettering.class.getResourceAsStream(RESOURCE), StandardCharsets.US_ASCII))) {
            Map<Integer, Glyph> current = null;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("weight ")) {
                    current = new HashMap<>();
                    current.put(-1, box());
                    all.put(Weight.valueOf(line.substring(7).toUpperCase(Locale.ROOT)), current);
                } else if (!line.startsWith("#")) {
                    String[] words = line.split(" ");
                    current.put(Integer.parseInt(words[0], 16), new Glyph(Integer.parseInt(words[1]), outline(words)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE, e);
        }
        return all;
    }

    /** The path in words 2 and on: M x,y, L x,y, Q x,y,x,y and Z. TrueType fills by the non-zero rule. */
    private static Path2D outline(String[] words) {
        Path2D path = new Path2D.Double(Path2D.WIND_NON_ZERO);
        for (int i = 2; i < words.length; i++) {
            char command = words[i].charAt(0);
            String[] numbers = words[i].substring(1).split(",");
            switch (command) {
                case 'M' -> path.moveTo(number(numbers, 0), number(numbers, 1));
                case 'L' -> path.lineTo(number(numbers, 0), number(numbers, 1));
                case 'Q' -> path.quadTo(number(numbers, 0), number(numbers, 1), number(numbers, 2), number(numbers, 3));
                case 'Z' -> path.closePath();
                default -> throw new IllegalStateException(RESOURCE + ": unknown path command " + command);
            }
        }
        return path;
    }

    private static double number(String[] numbers, int i) {
        return Integer.parseInt(numbers[i]);
    }

    private static Glyph box() {
        Path2D path = new Path2D.Double(Path2D.WIND_EVEN_ODD);
        path.append(new Rectangle2D.Double(60, -700, 480, 700), false);
        path.append(new Rectangle2D.Double(110, -650, 380, 600), false);
        return new Glyph(600, path);
    }
}
