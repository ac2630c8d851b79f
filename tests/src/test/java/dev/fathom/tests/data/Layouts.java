package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.sets.DatasetFormats;
import dev.fathom.training.data.sets.DatasetSpec;
import java.awt.color.ColorSpace;
import java.awt.image.BandedSampleModel;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferFloat;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/** Writes small files as the field's data sets are distributed, with Java's own encoders, and opens them. */
public final class Layouts {
    private Layouts() {
    }

    static DepthDataset open(String spec) {
        return DatasetFormats.open(DatasetSpec.parse(spec));
    }

    static String refusal(String spec) {
        return assertThrows(FathomException.class, () -> open(spec)).getMessage();
    }

    /** The first frame cannot be used, because of this. */
    static String fault(FrameException.Fault fault, String spec) {
        FrameException e = assertThrows(FrameException.class, () -> open(spec));
        assertEquals(fault, e.fault(), e.getMessage());
        return e.getMessage();
    }

    /** A 16-bit gray PNG, rows first. */
    public static Path gray16(Path file, int width, int... values) {
        BufferedImage image = new BufferedImage(width, values.length / width, BufferedImage.TYPE_USHORT_GRAY);
        return gray(file, image, values);
    }

    /** An 8-bit gray PNG, rows first. */
    static Path gray8(Path file, int width, int... values) {
        return gray(file, new BufferedImage(width, values.length / width, BufferedImage.TYPE_BYTE_GRAY), values);
    }

    /** A gray PNG of one bit, rows first. */
    static Path gray1(Path file, int width, int... values) {
        return gray(file, new BufferedImage(width, values.length / width, BufferedImage.TYPE_BYTE_BINARY), values);
    }

    /** A PNG of red, green and blue, by their numbers. */
    static Path palette(Path file, int width, int... numbers) {
        IndexColorModel colours = new IndexColorModel(8, 3, new byte[] {-1, 0, 0}, new byte[] {0, -1, 0},
                new byte[] {0, 0, -1});
        return gray(file, new BufferedImage(width, numbers.length / width, BufferedImage.TYPE_BYTE_INDEXED, colours),
                numbers);
    }

    private static Path gray(Path file, BufferedImage image, int... values) {
        image.getRaster().setSamples(0, 0, image.getWidth(), image.getHeight(), 0, values);
        return write(file, encoded(image, file.toString().contains(".tif") ? "tiff" : "png"));
    }

    /** A TIFF of float32, rows first, by the JDK's writer. */
    static Path tiff(Path file, int width, String compression, float... values) {
        WritableRaster raster = Raster.createWritableRaster(new BandedSampleModel(DataBuffer.TYPE_FLOAT, width,
                values.length / width, 1), new DataBufferFloat(values, values.length), null);
        ColorModel gray = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_GRAY), false, false, 1,
                DataBuffer.TYPE_FLOAT);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriter writer = null;
        for (Iterator<ImageWriter> all = ImageIO.getImageWritersByFormatName("tiff"); writer == null;) {
            ImageWriter next = all.next();
            writer = next.getClass().getModule() == ImageIO.class.getModule() ? next : null;
        }
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(out)) {
            writer.setOutput(stream);
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            if (compression != null) {
                parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                parameters.setCompressionType(compression);
            }
            writer.write(null, new IIOImage(new BufferedImage(gray, raster, false, null), null, null), parameters);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return write(file, out.toByteArray());
    }

    /** A picture, the file's ending its format: red counts up from a number, in one plain colour as a JPEG. */
    public static Path picture(Path file, int width, int height, int red) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        boolean jpeg = file.toString().endsWith(".jpg");
        for (int i = 0; i < width * height; i++) {
            image.setRGB(i % width, i / width, (red + (jpeg ? 0 : i)) << 16);
        }
        return write(file, encoded(image, jpeg ? "jpg" : "png"));
    }

    static Path text(Path file, String... lines) {
        return write(file, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    static Path write(Path file, byte[] bytes) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves a half. */
    public static void tear(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of float32, little-endian. */
    static String sha256(float[] values) throws Exception {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    }

    private static byte[] encoded(BufferedImage image, String format) {
        try {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ImageIO.write(image, format, out);
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
