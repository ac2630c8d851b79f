package dev.fathom.tests.endtoend;

import dev.fathom.models.image.Picture;
import dev.fathom.tests.image.JpegParts;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Picture files of every kind that people have, small. */
final class Pictures {
    private Pictures() {
    }

    /** A smooth colour picture; the file's ending says the format. */
    static Path colour(Path file, int width, int height) {
        return write(file, image(width, height, BufferedImage.TYPE_INT_RGB));
    }

    static Path gray(Path file, int width, int height) {
        return write(file, image(width, height, BufferedImage.TYPE_BYTE_GRAY));
    }

    static Path withAlpha(Path file, int width, int height) {
        return write(file, image(width, height, BufferedImage.TYPE_INT_ARGB));
    }

    /**
     * A JPEG that is stored lying on its side and says so: it is {@code height} wide and {@code width} high to a
     * viewer.
     */
    static Path rotated(Path file, int width, int height) {
        byte[] jpeg = encoded(image(width, height, BufferedImage.TYPE_INT_RGB), "jpg");
        return bytes(file, JpegParts.withSegment(jpeg, 0xE1, JpegParts.exif(6)));
    }

    /** A CMYK JPEG as Photoshop writes it, 16 x 16. */
    static Path cmyk(Path file) {
        try {
            return bytes(file, JpegParts.withSegment(JpegParts.ofInks(new int[] {200, 40, 160, 220}), 0xEE,
                    JpegParts.adobe(0)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path bytes(Path file, byte[] content) {
        try {
            Files.createDirectories(file.getParent());
            return Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A picture as it is, in a format that loses nothing. */
    static Path picture(Path file, Picture picture) {
        BufferedImage image = new BufferedImage(picture.width(), picture.height(), BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < picture.pixels(); i++) {
            int x = i % picture.width();
            int y = i / picture.width();
            image.setRGB(x, y, picture.at(x, y, 0) << 16 | picture.at(x, y, 1) << 8 | picture.at(x, y, 2));
        }
        return write(file, image);
    }

    private static Path write(Path file, BufferedImage image) {
        String name = file.getFileName().toString();
        return bytes(file, encoded(image, name.substring(name.lastIndexOf('.') + 1)));
    }

    private static byte[] encoded(BufferedImage image, String format) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, format, out)) {
                throw new IllegalArgumentException("no writer for " + format);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static BufferedImage image(int width, int height, int type) {
        BufferedImage image = new BufferedImage(width, height, type);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int red = 255 * x / width;
                int green = 255 * y / height;
                image.setRGB(x, y, 0x80000000 | red << 16 | green << 8 | 0x40);
            }
        }
        return image;
    }
}
