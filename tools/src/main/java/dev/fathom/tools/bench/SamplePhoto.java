package dev.fathom.tools.bench;

import dev.fathom.models.image.Picture;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A picture that is as hard to compress as a photo: soft shades, edges, and some noise everywhere. */
final class SamplePhoto {
    private SamplePhoto() {
    }

    static Picture make(int width, int height) {
        byte[] rgb = new byte[3 * width * height];
        int noise = 1;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double shade = 110 + 60 * Math.sin(x * 0.011) * Math.cos(y * 0.007);
                int tile = (x / 90 + y / 70) % 3 * 20;
                for (int c = 0; c < 3; c++) {
                    noise = noise * 1664525 + 1013904223;
                    rgb[3 * (y * width + x) + c] = (byte) Math.clamp(shade + tile + 10 * c + (noise >>> 29), 0, 255);
                }
            }
        }
        return new Picture(width, height, rgb);
    }

    /** Writes it; the file's ending says the format: {@code jpg} or {@code png}. */
    static Path write(Picture photo, Path file) throws IOException {
        BufferedImage image = new BufferedImage(photo.width(), photo.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < photo.height(); y++) {
            for (int x = 0; x < photo.width(); x++) {
                image.setRGB(x, y, photo.at(x, y, 0) << 16 | photo.at(x, y, 1) << 8 | photo.at(x, y, 2));
            }
        }
        String name = file.getFileName().toString();
        if (!ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile())) {
            throw new IOException("no writer for " + name);
        }
        return file;
    }
}
