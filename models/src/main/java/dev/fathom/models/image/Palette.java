package dev.fathom.models.image;

import dev.fathom.engine.errors.FathomException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A table of 256 colours by which a depth map is shown.
 *
 * <p>The tables are matplotlib's, truncated to bytes as the original programs do; {@code cv2_inferno} is OpenCV's own
 * (MiDaS and Depth Anything V1 use it). Every name also exists with {@code _r}: the table backwards. Matplotlib's own
 * {@code Spectral_r} differs from that by one level here and there and is stored; so do its {@code jet_r} and
 * {@code gray_r}, which are not.
 *
 * <p>Who uses what: {@code Spectral_r} the relative models, {@code Spectral} the metric ones, {@code viridis} the
 * fine-tuning article, {@code magma} Monodepth2, {@code turbo} Depth Pro.
 */
public final class Palette {

    private static final String RESOURCE = "palettes.txt";
    private static final Map<String, Palette> ALL = load();

    private final String name;
    private final byte[] rgb;

    private Palette(String name, byte[] rgb) {
        this.name = name;
        this.rgb = rgb;
    }

    /**
     * The palette of a name, upper or lower case.
     *
     * @throws FathomException if there is none; the message lists those that exist
     */
    public static Palette named(String name) {
        Palette palette = ALL.get(name);
        if (palette == null) {
            throw new FathomException("There is no palette \"" + name + "\"; choose one of "
                    + String.join(", ", names()) + ", or one of them with _r for the reverse.");
        }
        return palette;
    }

    /** All names but the reversed ones. */
    public static List<String> names() {
        List<String> names = new ArrayList<>(ALL.keySet());
        names.removeIf(n -> n.endsWith("_r"));
        return names;
    }

    /** The name as matplotlib spells it. */
    public String name() {
        return name;
    }

    /** The colour of an index 0..255 as 0xRRGGBB. */
    public int colour(int index) {
        return (rgb[3 * index] & 0xFF) << 16 | (rgb[3 * index + 1] & 0xFF) << 8 | rgb[3 * index + 2] & 0xFF;
    }

    /**
     * The colour of a fraction as 0xRRGGBB, as matplotlib looks floats up: index = floor(fraction * 256), 1.0 belonging
     * to the last colour; below 0 the first, above 1 the last, NaN the first.
     */
    public int colourAt(double fraction) {
        return colour(Math.clamp((int) (fraction * 256), 0, 255));
    }

    /**
     * An 8-bit map in colours.
     *
     * @param indices [height,width], each byte 0..255: see {@link ByteMap}
     */
    public Picture apply(byte[] indices, int width, int height) {
        Picture picture = Picture.blank(width, height);
        if (indices.length != picture.pixels()) {
            throw new IllegalArgumentException(indices.length + " values for " + picture);
        }
        for (int i = 0; i < indices.length; i++) {
            System.arraycopy(rgb, 3 * (indices[i] & 0xFF), picture.rgb(), 3 * i, 3);
        }
        return picture;
    }

    @Override
    public String toString() {
        return name;
    }

    private static Map<String, Palette> load() {
        Map<String, Palette> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Palette.class.getResourceAsStream(RESOURCE), StandardCharsets.US_ASCII))) {
            in.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                int space = line.indexOf(' ');
                put(all, line.substring(0, space), HexFormat.of().parseHex(line, space + 1, line.length()));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(RESOURCE, e);
        }
        for (Palette palette : List.copyOf(all.values())) {
            if (!palette.name.endsWith("_r")) {
                all.putIfAbsent(palette.name + "_r", palette.backwards());
            }
        }
        return all;
    }

    private static void put(Map<String, Palette> all, String name, byte[] table) {
        if (table.length != 768) {
            throw new IllegalStateException(RESOURCE + ": " + name + " has " + table.length + " bytes, not 768");
        }
        all.put(name, new Palette(name, table));
    }

    private Palette backwards() {
        byte[] reversed = new byte[768];
        for (int i = 0; i < 256; i++) {
            System.arraycopy(rgb, 3 * i, reversed, 3 * (255 - i), 3);
        }
        return new Palette(name + "_r", reversed);
    }
}
