package dev.fathom.models.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;

/**
 * Takes the colours out of a decoded {@link BufferedImage}: from its raster, not by {@code getRGB}, which would convert
 * between colour spaces (gray values come out up to 73 levels off).
 */
final class RasterColours {

    private RasterColours() {
    }

    /** The stored values as 8-bit RGB. */
    static Picture toPicture(BufferedImage image) throws IOException {
        ColorModel model = image.getColorModel();
        if (model instanceof IndexColorModel palette) {
            return fromPalette(image.getRaster(), palette);
        }
        int type = model.getColorSpace().getType();
        if (type == ColorSpace.TYPE_CMYK) {
            return cmyk(image.getRaster());
        }
        if (type != ColorSpace.TYPE_GRAY && type != ColorSpace.TYPE_RGB) {
            return converted(image);
        }
        return fromBands(image.getRaster(), type == ColorSpace.TYPE_GRAY ? 1 : 3);
    }

    private static Picture fromPalette(Raster raster, IndexColorModel palette) {
        Picture picture = Picture.blank(raster.getWidth(), raster.getHeight());
        int[] table = new int[Math.max(1 << palette.getPixelSize(), palette.getMapSize())];   // beyond the map: black
        palette.getRGBs(table);
        int[] row = new int[raster.getWidth()];
        byte[] rgb = picture.rgb();
        int to = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(raster.getMinX(), raster.getMinY() + y, row.length, 1, 0, row);
            for (int index : row) {
                int colour = table[index];
                rgb[to++] = (byte) (colour >> 16);
                rgb[to++] = (byte) (colour >> 8);
                rgb[to++] = (byte) colour;
            }
        }
        return picture;
    }

    /** Gray (one band, perhaps alpha behind it) or RGB (three bands, perhaps alpha), of up to 16 bits a band. */
    private static Picture fromBands(Raster raster, int colours) throws IOException {
        int[] shift = new int[colours];
        for (int band = 0; band < colours; band++) {
            shift[band] = shiftTo8(raster, band);
        }
        int bands = raster.getNumBands();
        Picture picture = Picture.blank(raster.getWidth(), raster.getHeight());
        byte[] rgb = picture.rgb();
        int[] row = new int[raster.getWidth() * bands];
        int to = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
            for (int x = 0; x < row.length; x += bands) {
                for (int c = 0; c < 3; c++) {
                    int band = colours == 1 ? 0 : c;
                    int value = row[x + band];
                    rgb[to++] = (byte) (shift[band] >= 0 ? value >> shift[band] : value << -shift[band]);
                }
            }
        }
        return picture;
    }

    /** How far right a sample goes to become 8 bits: 16 to 8 drops the low byte; 5 (old bitmaps) to 8 adds zeros. */
    private static int shiftTo8(Raster raster, int band) throws IOException {
        int kind = raster.getDataBuffer().getDataType();
        if (kind == DataBuffer.TYPE_FLOAT || kind == DataBuffer.TYPE_DOUBLE || kind == DataBuffer.TYPE_SHORT) {
            throw new IOException("its pixels are not unsigned whole numbers");
        }
        int bits = raster.getSampleModel().getSampleSize(band);
        if (bits > 16) {
            throw new IOException(bits + " bits a channel; at most 16 can be read");
        }
        return bits - 8;
    }

    private static Picture cmyk(Raster raster) throws IOException {
        if (shiftTo8(raster, 0) != 0) {
            throw new IOException("CMYK of other than 8 bits a channel cannot be read");
        }
        int bands = raster.getNumBands();
        Picture picture = Picture.blank(raster.getWidth(), raster.getHeight());
        int[] row = new int[raster.getWidth() * bands];
        int pixel = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
            for (int x = 0; x < row.length; x += bands) {
                // Stored as amounts of ink here, unlike in JPEG files.
                putInverseCmyk(picture.rgb(), pixel++, 255 - row[x], 255 - row[x + 1], 255 - row[x + 2],
                        255 - row[x + 3]);
            }
        }
        return picture;
    }

    /** OpenCV's integer formula, for inverted CMYK (255 is no ink): value = K - ((255 - C) * K >> 8), C, M, Y alike. */
    static void putInverseCmyk(byte[] rgb, int pixel, int c, int m, int y, int k) {
        rgb[3 * pixel] = (byte) (k - ((255 - c) * k >> 8));
        rgb[3 * pixel + 1] = (byte) (k - ((255 - m) * k >> 8));
        rgb[3 * pixel + 2] = (byte) (k - ((255 - y) * k >> 8));
    }

    /** Lab and other rare spaces: here the colour space's own conversion is right. */
    private static Picture converted(BufferedImage image) {
        Picture picture = Picture.blank(image.getWidth(), image.getHeight());
        byte[] rgb = picture.rgb();
        int to = 0;
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int colour = image.getRGB(x, y);
                rgb[to++] = (byte) (colour >> 16);
                rgb[to++] = (byte) (colour >> 8);
                rgb[to++] = (byte) colour;
            }
        }
        return picture;
    }
}
