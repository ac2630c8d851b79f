package dev.fathom.models.image;

import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.io.EOFException;
import java.io.IOException;

/**
 * What the channels of a JPEG file mean, and their way to RGB.
 *
 * <p>The decoder is asked for its raw channels, because its own colour conversion would apply embedded profiles and
 * refuse CMYK. The rules and the integer arithmetic are those of libjpeg (jdapimin.c, jdcolor.c), which OpenCV uses:
 * with them, our pixels equal OpenCV's.
 */
enum JpegColours {
    GRAY, RGB, YCBCR, CMYK, YCCK;

    private static final int SCALE = 16;
    private static final int HALF = 1 << (SCALE - 1);
    private static final int CR_TO_RED = fix(1.40200);
    private static final int CB_TO_GREEN = fix(0.34414);
    private static final int CR_TO_GREEN = fix(0.71414);
    private static final int CB_TO_BLUE = fix(1.77200);

    /** Reads the file's markers up to the first scan. */
    static JpegColours of(byte[] file) throws IOException {
        boolean jfif = false;
        int adobeTransform = -1;
        int at = 2;
        while (at + 4 <= file.length) {
            if ((file[at] & 0xFF) != 0xFF) {
                at++;               // garbage between segments: decoders skip it with a warning
                continue;
            }
            int marker = file[at + 1] & 0xFF;
            if (marker == 0xFF) {
                at++;               // fill byte
                continue;
            }
            if (marker == 0 || marker == 0x01 || marker >= 0xD0 && marker <= 0xD8) {
                at += 2;            // stand-alone markers have no length
                continue;
            }
            int length = ((file[at + 2] & 0xFF) << 8) | (file[at + 3] & 0xFF);
            int body = at + 4;
            if (marker == 0xE0 && text(file, body, "JFIF\0")) {
                jfif = true;
            } else if (marker == 0xEE && length >= 14 && text(file, body, "Adobe") && body + 11 < file.length) {
                adobeTransform = file[body + 11] & 0xFF;
            } else if (isFrameHeader(marker) && body + 5 < file.length) {
                return fromFrame(file, body, jfif, adobeTransform);
            } else if (marker == 0xDA || marker == 0xD9) {
                break;
            }
            at += 2 + length;
        }
        throw new IOException("no frame header was found");
    }

    private static boolean isFrameHeader(int marker) {
        return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
    }

    private static boolean text(byte[] file, int at, String expected) {
        for (int i = 0; i < expected.length(); i++) {
            if (at + i >= file.length || file[at + i] != expected.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static JpegColours fromFrame(byte[] file, int body, boolean jfif, int adobe) throws IOException {
        int components = file[body + 5] & 0xFF;
        if (body + 6 + 3 * components > file.length) {
            throw new EOFException("the frame header is cut off");
        }
        return switch (components) {
            case 1 -> GRAY;
            case 3 -> {
                boolean namedRgb = file[body + 6] == 'R' && file[body + 9] == 'G' && file[body + 12] == 'B';
                if (jfif) {
                    yield YCBCR;
                }
                yield adobe >= 0 ? (adobe == 0 ? RGB : YCBCR) : (namedRgb ? RGB : YCBCR);
            }
            case 4 -> adobe > 0 ? YCCK : CMYK;
            default -> throw new IOException(components + " colour channels; expected 1, 3 or 4");
        };
    }

    /** The raw channels as RGB. */
    Picture toPicture(Raster raster) throws IOException {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int bands = raster.getNumBands();
        int expected = this == GRAY ? 1 : this == CMYK || this == YCCK ? 4 : 3;
        if (bands != expected) {
            throw new IOException("the file says " + this + ", but the decoder gave " + bands + " channels");
        }
        if (raster.getTransferType() != DataBuffer.TYPE_BYTE) {
            throw new IOException("more than 8 bits a channel");
        }
        Picture picture = Picture.blank(width, height);
        byte[] row = new byte[width * bands];
        for (int y = 0; y < height; y++) {
            raster.getDataElements(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            convert(row, picture.rgb(), y * width);
        }
        return picture;
    }

    /** One row, the kind of colours looked at once a row: a photo has a thousand times as many pixels. */
    private void convert(byte[] row, byte[] rgb, int pixel) {
        switch (this) {
            case GRAY -> gray(row, rgb, pixel);
            case RGB -> System.arraycopy(row, 0, rgb, 3 * pixel, row.length);
            case YCBCR -> yCbCr(row, rgb, pixel);
            case CMYK -> cmyk(row, rgb, pixel);
            case YCCK -> ycck(row, rgb, pixel);
        }
    }

    private static void gray(byte[] row, byte[] rgb, int pixel) {
        for (int x = 0; x < row.length; x++) {
            put(rgb, pixel + x, row[x], row[x], row[x]);
        }
    }

    private static void yCbCr(byte[] row, byte[] rgb, int pixel) {
        for (int i = 0, to = 3 * pixel; i < row.length; i += 3, to += 3) {
            int y = row[i] & 0xFF;
            int cb = row[i + 1] & 0xFF;
            int cr = row[i + 2] & 0xFF;
            rgb[to] = (byte) red(y, cr);
            rgb[to + 1] = (byte) green(y, cb, cr);
            rgb[to + 2] = (byte) blue(y, cb);
        }
    }

    private static void cmyk(byte[] row, byte[] rgb, int pixel) {
        for (int i = 0; i < row.length; i += 4) {
            RasterColours.putInverseCmyk(rgb, pixel + i / 4, row[i] & 0xFF, row[i + 1] & 0xFF, row[i + 2] & 0xFF,
                    row[i + 3] & 0xFF);
        }
    }

    private static void ycck(byte[] row, byte[] rgb, int pixel) {
        for (int i = 0; i < row.length; i += 4) {
            int y = row[i] & 0xFF;
            int cb = row[i + 1] & 0xFF;
            int cr = row[i + 2] & 0xFF;
            RasterColours.putInverseCmyk(rgb, pixel + i / 4, 255 - red(y, cr), 255 - green(y, cb, cr),
                    255 - blue(y, cb), row[i + 3] & 0xFF);
        }
    }

    private static void put(byte[] rgb, int pixel, int red, int green, int blue) {
        rgb[3 * pixel] = (byte) red;
        rgb[3 * pixel + 1] = (byte) green;
        rgb[3 * pixel + 2] = (byte) blue;
    }

    /** JFIF's conversion in fixed point with 16 fractional bits: R = Y + 1.402 (Cr - 128). */
    private static int red(int y, int cr) {
        return clamp(y + ((CR_TO_RED * (cr - 128) + HALF) >> SCALE));
    }

    /** G = Y - 0.34414 (Cb - 128) - 0.71414 (Cr - 128). */
    private static int green(int y, int cb, int cr) {
        return clamp(y + ((-CB_TO_GREEN * (cb - 128) + HALF - CR_TO_GREEN * (cr - 128)) >> SCALE));
    }

    /** B = Y + 1.772 (Cb - 128). */
    private static int blue(int y, int cb) {
        return clamp(y + ((CB_TO_BLUE * (cb - 128) + HALF) >> SCALE));
    }

    private static int fix(double x) {
        return (int) (x * (1 << SCALE) + 0.5);
    }

    private static int clamp(int value) {
        return Math.min(Math.max(value, 0), 255);
    }
}
