package dev.fathom.tests.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthDataset;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.sets.DatasetFormats;
import dev.fathom.training.data.sets.DatasetSpec;
import java.awt.image.BufferedImage;
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
import javax.imageio.ImageIO;

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
        image.getRaster().setSamples(0, 0, width, values.length / width, 0, values);
        return write(file, encoded(image, "png"));
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
