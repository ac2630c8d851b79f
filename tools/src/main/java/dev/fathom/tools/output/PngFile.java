package dev.fathom.tools.output;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.ByteMap.Range;
import dev.fathom.models.image.Picture;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.tools.cli.Version;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * PNG files that carry their provenance in text chunks: 16-bit grey for exact values, 8-bit colour for looking at.
 *
 * <p>16-bit values: <ul>
 * <li>metric, up to 65.535 m: millimetres (NYU's convention);</li>
 * <li>metric, farther: metres times 256 (KITTI's convention), up to 255.99 m;</li>
 * <li>relative: the range of the map is spread over 0 .. 65535, and both ends are recorded, so that
 * {@code value_min + pixel / 65535 * (value_max - value_min)} gives the values back.</li></ul>
 * The chunk {@code fathom:scale} of each file says it in words.
 */
public final class PngFile {
    private static final int MOST = 65535;

    private PngFile() {
    }

    /**
     * Writes the map's values as 16-bit grey. In metric files 0 means no value: depths of 0 and less.
     *
     * @throws FathomException if a value is not finite, a depth is above 255 m, or the file cannot be written
     */
    public static void write16(Path file, DepthMap map, Provenance provenance) {
        float[] ends = range(file, map);
        write16(file, map, new Range(ends[0], ends[1]), provenance);
    }

    /**
     * The same over a range that several files share, so that one pixel value means the same in all of them; the map's
     * values lie within it.
     */
    public static void write16(Path file, DepthMap map, Range ends, Provenance provenance) {
        range(file, map);
        Map<String, Object> text = new LinkedHashMap<>(provenance.fields(map.head()));
        short[] pixels = switch (map.head()) {
            case DepthHead.Metric metric -> metric(file, map, ends, text);
            case DepthHead.Relative relative -> relative(map, ends, text);
        };
        int width = map.width();
        write(file, new PngStream(width, map.height(), 16, PngStream.GREY), text, (y, row, at) ->
                ByteBuffer.wrap(row, at, 2 * width).asShortBuffer().put(pixels, y * width, width));
    }

    /**
     * Writes a coloured picture of a map.
     *
     * @param head      what the map's values were
     * @param colouring how the colours came about, for the text chunk: {@code Spectral_r, min to max of this picture}
     */
    public static void writeColour(Path file, Picture picture, DepthHead head, String colouring,
        Provenance provenance) {
        int stride = 3 * picture.width();
        writeColour(file, picture.width(), picture.height(), (y, row, at) ->
                System.arraycopy(picture.rgb(), y * stride, row, at, stride), head, colouring, provenance);
    }

    /**
     * The same, of a picture that is made row by row.
     *
     * @param rows red, green and blue of each pixel
     */
    public static void writeColour(Path file, int width, int height, PngRows rows, DepthHead head, String colouring,
        Provenance provenance) {
        Map<String, Object> text = new LinkedHashMap<>(provenance.fields(head));
        text.put("colouring", colouring);
        write(file, new PngStream(width, height, 8, PngStream.RGB), text, rows);
    }

    /** Writes any picture; each of {@code text} becomes a text chunk {@code fathom:NAME}. */
    public static void writePicture(Path file, Picture picture, Map<String, Object> text) {
        int stride = 3 * picture.width();
        write(file, new PngStream(picture.width(), picture.height(), 8, PngStream.RGB), text, (y, row, at) ->
                System.arraycopy(picture.rgb(), y * stride, row, at, stride));
    }

    private static short[] metric(Path file, DepthMap map, Range ends, Map<String, Object> text) {
        int perMetre = ends.high() <= MOST / 1000f ? 1000 : 256;
        if (ends.high() * 256 > MOST) {
            throw new FathomException("Cannot write " + file + ": depths reach " + ends.high()
                + " m, but 16 bits hold at most 255.9 m; save a .npy or .pfm instead.");
        }
        text.put("scale", "metres = pixel / " + perMetre + ", 0 = no value");
        text.put("values_per_metre", perMetre);
        short[] pixels = new short[map.values().length];
        for (int i = 0; i < pixels.length; i++) {
            float depth = map.values()[i];
            // A depth too small for one step still is a depth: 0 is kept for "none".
            pixels[i] = (short) (depth > 0 ? Math.clamp(Math.round((double) depth * perMetre), 1L, MOST) : 0);
        }
        return pixels;
    }

    private static short[] relative(DepthMap map, Range ends, Map<String, Object> text) {
        text.put("scale", "value = value_min + pixel / 65535 * (value_max - value_min)");
        text.put("value_min", ends.low());
        text.put("value_max", ends.high());
        double span = (double) ends.high() - ends.low();
        short[] pixels = new short[map.values().length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (short) (span == 0 ? 0
                    : Math.clamp(Math.round((map.values()[i] - ends.low()) / span * MOST), 0L, MOST));
        }
        return pixels;
    }

    /** Least and greatest value. */
    private static float[] range(Path file, DepthMap map) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        int broken = 0;
        for (float v : map.values()) {
            broken += Float.isFinite(v) ? 0 : 1;
            low = Math.min(low, v);
            high = Math.max(high, v);
        }
        if (broken > 0) {
            throw new FathomException("Cannot write " + file + ": " + broken + " of " + map.values().length
                + " values are not finite, and 16-bit pixels cannot say so; save a .npy to look at them.");
        }
        return new float[] {low, high};
    }

    private static void write(Path file, PngStream png, Map<String, Object> text, PngRows rows) {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put("Software", Version.line());
        text.forEach((name, value) -> entries.put("fathom:" + name, string(value)));
        AtomicFile.replace(file, path -> {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path))) {
                png.write(out, entries, rows);
            }
        });
    }

    private static String string(Object value) {
        return value instanceof Float f ? String.format(Locale.ROOT, "%.9g", f) : value.toString();
    }
}
