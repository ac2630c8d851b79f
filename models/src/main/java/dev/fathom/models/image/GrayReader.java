package dev.fathom.models.image;

import dev.fathom.engine.errors.FathomException;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.nio.file.Path;

/**
 * Reads gray pictures whose values are numbers rather than brightness, as stored: depth, disparity, masks. PNG of up to
 * 16 bits; TIFF of integers or float32. NaN and infinities stay.
 */
public final class GrayReader {
    private GrayReader() {
    }

    /**
     * A gray picture.
     *
     * @param width pixels
     * @param height pixels
     * @param values [height,width]; integers unsigned
     */
    public record Gray(int width, int height, float[] values) {
    }

    /** @throws FathomException as {@link PictureReader#read}, and if the picture has colours or an alpha channel */
    public static Gray read(Path file) {
        String name = file.toString();
        byte[] bytes = PictureReader.bytes(file);
        PictureFormat format = PictureReader.format(bytes, name);
        return PictureReader.withReader(bytes, name, format, reader -> {
            if (format == PictureFormat.TIFF) {
                // Read as a picture, floats would be cut to 0..1.
                return gray(name, reader.readRaster(0, null), reader.getRawImageType(0).getColorModel());
            }
            BufferedImage image = reader.read(0);
            return gray(name, image.getRaster(), image.getColorModel());
        });
    }

    private static Gray gray(String name, Raster raster, ColorModel model) {
        boolean isPalette = model instanceof IndexColorModel palette && !isRamp(palette);
        if (raster.getNumBands() != 1 || isPalette) {
            throw new FathomException("The picture " + name + " has " + (isPalette ? "a palette"
                    : raster.getNumBands() + " channels") + ", but a map of numbers is gray: convert it, or name the"
                    + " picture that was meant.");
        }
        float[] values = raster.getSamples(raster.getMinX(), raster.getMinY(), raster.getWidth(), raster.getHeight(), 0,
                (float[]) null);
        return new Gray(raster.getWidth(), raster.getHeight(), values);
    }

    /** Gray of 1, 2 or 4 bits comes with a palette that is its own brightness. */
    private static boolean isRamp(IndexColorModel palette) {
        int last = palette.getMapSize() - 1;
        for (int i = 0; i <= last; i++) {
            int gray = last == 0 ? 0 : 255 * i / last;
            if (palette.getRed(i) != gray || palette.getGreen(i) != gray || palette.getBlue(i) != gray) {
                return false;
            }
        }
        return true;
    }
}
