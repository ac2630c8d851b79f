package dev.fathom.tools.report;

import dev.fathom.nn.checkpoint.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A picture's encoded bytes: to embed in a page as a data URL, or to save.
 *
 * @param mime   {@code image/png} or {@code image/jpeg}
 * @param width  pixels
 * @param height pixels
 */
public record EmbeddedImage(String mime, byte[] bytes, int width, int height) {

    /** Without loss: maps, charts, small pictures. */
    public static EmbeddedImage png(BufferedImage image) {
        return encode(image, "png", 1);
    }

    /** Smaller, for photos; {@code quality} 0..1, 0.9 is good. */
    public static EmbeddedImage jpeg(BufferedImage image, double quality) {
        return encode(image, "jpeg", quality);
    }

    /** The picture as a URL that holds all of it. */
    public String dataUrl() {
        return "data:" + mime + ";base64," + Base64.getEncoder().encodeToString(bytes);
    }

    /** Writes the bytes to a file, in one step. */
    public void save(Path file) {
        AtomicFile.replace(file, path -> Files.write(path, bytes));
    }

    private static EmbeddedImage encode(BufferedImage image, String format, double quality) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam options = writer.getDefaultWriteParam();
            if (format.equals("jpeg")) {
                options.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
                options.setCompressionQuality((float) quality);
            }
            writer.write(null, new IIOImage(image, null, null), options);
        } catch (IOException e) {
            // Encoding goes to memory: nothing outside the program can fail here.
            throw new UncheckedIOException("encoding a " + format, e);
        } finally {
            writer.dispose();
        }
        return new EmbeddedImage("image/" + format, bytes.toByteArray(), image.getWidth(), image.getHeight());
    }
}
