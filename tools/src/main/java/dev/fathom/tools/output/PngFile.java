package dev.fathom.tools.output;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.Picture;
import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.tools.Version;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferUShort;
import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOInvalidTreeException;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

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
    private static final String NATIVE = "javax_imageio_png_1.0";

    private PngFile() {
    }

    /**
     * Writes the map's values as 16-bit grey. In metric files 0 means no value: depths of 0 and less.
     *
     * @throws FathomException if a value is not finite, a depth is above 255 m, or the file cannot be written
     */
    public static void write16(Path file, DepthMap map, Provenance provenance) {
        Map<String, Object> text = new LinkedHashMap<>(provenance.fields(map.head()));
        short[] pixels = switch (map.head()) {
            case DepthHead.Metric metric -> metric(file, map, text);
            case DepthHead.Relative relative -> relative(file, map, text);
        };
        BufferedImage image = new BufferedImage(map.width(), map.height(), BufferedImage.TYPE_USHORT_GRAY);
        System.arraycopy(pixels, 0, ((DataBufferUShort) image.getRaster().getDataBuffer()).getData(), 0, pixels.length);
        write(file, image, text);
    }

    /**
     * Writes a coloured picture of a map.
     *
     * @param head      what the map's values were
     * @param colouring how the colours came about, for the text chunk: {@code Spectral_r, min to max of this picture}
     */
    public static void writeColour(Path file, Picture picture, DepthHead head, String colouring,
        Provenance provenance) {
        Map<String, Object> text = new LinkedHashMap<>(provenance.fields(head));
        text.put("colouring", colouring);
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                image.setRGB(x, y, picture.at(x, y, 0) << 16 | picture.at(x, y, 1) << 8 | picture.at(x, y, 2));
            }
        }
        write(file, image, text);
    }

    private static short[] metric(Path file, DepthMap map, Map<String, Object> text) {
        float[] ends = range(file, map);
        int perMetre = ends[1] <= MOST / 1000f ? 1000 : 256;
        if (ends[1] * 256 > MOST) {
            throw new FathomException("Cannot write " + file + ": depths reach " + ends[1]
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

    private static short[] relative(Path file, DepthMap map, Map<String, Object> text) {
        float[] ends = range(file, map);
        text.put("scale", "value = value_min + pixel / 65535 * (value_max - value_min)");
        text.put("value_min", ends[0]);
        text.put("value_max", ends[1]);
        double span = (double) ends[1] - ends[0];
        short[] pixels = new short[map.values().length];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (short) (span == 0 ? 0 : Math.round((map.values()[i] - ends[0]) / span * MOST));
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

    private static void write(Path file, BufferedImage image, Map<String, Object> text) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        try {
            IIOMetadata metadata = writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image),
                null);
            metadata.mergeTree(NATIVE, tree(text));
            AtomicFile.replace(file, path -> {
                try (OutputStream stream = new BufferedOutputStream(Files.newOutputStream(path));
                        ImageOutputStream out = new MemoryCacheImageOutputStream(stream)) {
                    writer.setOutput(out);
                    writer.write(null, new IIOImage(image, null, metadata), null);
                }
            });
        } catch (IIOInvalidTreeException e) {
            throw new IllegalStateException("PNG text chunks are refused: " + text, e);
        } finally {
            writer.dispose();
        }
    }

    /** tEXt chunks for Latin-1, iTXt chunks for what else people call their files. */
    private static IIOMetadataNode tree(Map<String, Object> text) {
        IIOMetadataNode latin = new IIOMetadataNode("tEXt");
        IIOMetadataNode international = new IIOMetadataNode("iTXt");
        entry(latin, international, "Software", Version.line());
        text.forEach((name, value) -> entry(latin, international, "fathom:" + name, string(value)));
        IIOMetadataNode root = new IIOMetadataNode(NATIVE);
        root.appendChild(latin);
        if (international.getLength() > 0) {
            root.appendChild(international);
        }
        return root;
    }

    private static void entry(IIOMetadataNode latin, IIOMetadataNode international, String keyword, String value) {
        if (value.chars().allMatch(c -> c >= 32 && c < 127)) {
            IIOMetadataNode node = new IIOMetadataNode("tEXtEntry");
            node.setAttribute("keyword", keyword);
            node.setAttribute("value", value);
            latin.appendChild(node);
        } else {
            IIOMetadataNode node = new IIOMetadataNode("iTXtEntry");
            node.setAttribute("keyword", keyword);
            node.setAttribute("compressionFlag", "FALSE");
            node.setAttribute("compressionMethod", "0");
            node.setAttribute("languageTag", "");
            node.setAttribute("translatedKeyword", "");
            node.setAttribute("text", value);
            international.appendChild(node);
        }
    }

    private static String string(Object value) {
        return value instanceof Float f ? String.format(Locale.ROOT, "%.9g", f) : value.toString();
    }
}
