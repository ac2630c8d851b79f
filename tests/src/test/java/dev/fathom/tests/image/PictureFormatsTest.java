package dev.fathom.tests.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flavours that the goldens do not have, made here: every EXIF orientation, CMYK, profiles, few and many bits. */
class PictureFormatsTest {

    private static final Golden GOLDEN = new Golden("e_pre/decoders");

    /** The EXIF standard says where row 0 and column 0 of the stored picture are seen: (top, left) for 1, and so on. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void exifOrientation(int tag) {
        byte[] jpeg = GOLDEN.bytes("j444.jpg");
        Picture stored = PictureReader.decode(jpeg, "plain");
        Picture seen = PictureReader.decode(JpegParts.withSegment(jpeg, 0xE1, JpegParts.exif(tag)), "turned");
        int h = stored.height();
        int w = stored.width();
        assertEquals(tag >= 5 ? h : w, seen.width());
        assertEquals(tag >= 5 ? w : h, seen.height());
        for (int r = 0; r < h; r++) {
            for (int c = 0; c < w; c++) {
                int[] at = switch (tag) {
                    case 1 -> new int[] {r, c};
                    case 2 -> new int[] {r, w - 1 - c};
                    case 3 -> new int[] {h - 1 - r, w - 1 - c};
                    case 4 -> new int[] {h - 1 - r, c};
                    case 5 -> new int[] {c, r};
                    case 6 -> new int[] {c, h - 1 - r};
                    case 7 -> new int[] {w - 1 - c, h - 1 - r};
                    default -> new int[] {w - 1 - c, r};
                };
                for (int channel = 0; channel < 3; channel++) {
                    assertEquals(stored.at(c, r, channel), seen.at(at[1], at[0], channel));
                }
            }
        }
    }

    @Test
    void anUnknownOrientationIsIgnored() {
        byte[] jpeg = GOLDEN.bytes("j444.jpg");
        assertEquals(PictureReader.decode(jpeg, ""), PictureReader.decode(JpegParts.withSegment(jpeg, 0xE1, JpegParts.exif(9)), ""));
    }

    /** A profile that would change every colour if it were applied. */
    @Test
    void colourProfilesAreIgnored() throws IOException {
        ByteArrayOutputStream segment = new ByteArrayOutputStream();
        segment.write("ICC_PROFILE\0\1\1".getBytes(StandardCharsets.US_ASCII));
        segment.write(ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData());
        for (String file : new String[] {"j444.jpg", "j420prog.jpg"}) {
            byte[] jpeg = GOLDEN.bytes(file);
            assertEquals(PictureReader.decode(jpeg, file),
                    PictureReader.decode(JpegParts.withSegment(jpeg, 0xE2, segment.toByteArray()), file));
        }
    }

    /** Inks as Adobe stores them (255 is none): red is magenta and yellow; OpenCV's integer formula. */
    @Test
    void cmykJpeg() throws IOException {
        int[][] stored = {{255, 255, 255, 255}, {255, 0, 0, 255}, {0, 255, 0, 200}, {40, 90, 160, 220}, {9, 9, 9, 0}};
        for (int[] cmyk : stored) {
            Picture picture = PictureReader.decode(JpegParts.withSegment(JpegParts.ofInks(cmyk), 0xEE, JpegParts.adobe(0)), "cmyk");
            for (int channel = 0; channel < 3; channel++) {
                int expected = cmyk[3] - ((255 - cmyk[channel]) * cmyk[3] >> 8);
                assertEquals(expected, picture.at(5, 5, channel), 2);   // the compression's own loss
            }
        }
    }

    /** The same inks coded as luma, chroma and black. */
    @Test
    void ycckJpeg() throws IOException {
        int[] ycck = {120, 100, 180, 210};
        double red = 120 + 1.402 * (180 - 128);
        double green = 120 - 0.344136 * (100 - 128) - 0.714136 * (180 - 128);
        double blue = 120 + 1.772 * (100 - 128);
        Picture picture = PictureReader.decode(JpegParts.withSegment(JpegParts.ofInks(ycck), 0xEE, JpegParts.adobe(2)), "ycck");
        // C = 255 - R and so on, K as it is; then value = K - (255 - C) * K / 256 = K - R * K / 256.
        assertEquals(210 - red * 210 / 256, picture.at(5, 5, 0), 3);
        assertEquals(210 - green * 210 / 256, picture.at(5, 5, 1), 3);
        assertEquals(210 - blue * 210 / 256, picture.at(5, 5, 2), 3);
    }

    @Test
    void losslessFormatsGiveThePixelsBack() throws IOException {
        Picture expected = new Picture(13, 7, Formula.bytes("formats", 3 * 13 * 7));
        BufferedImage image = new BufferedImage(13, 7, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 13 * 7; i++) {
            image.setRGB(i % 13, i / 13, expected.at(i % 13, i / 13, 0) << 16 | expected.at(i % 13, i / 13, 1) << 8
                    | expected.at(i % 13, i / 13, 2));
        }
        for (String format : new String[] {"png", "bmp", "tiff"}) {
            assertEquals(expected, PictureReader.decode(written(image, format), format), format);
        }
    }

    @Test
    void gifColoursComeFromThePalette() throws IOException {
        BufferedImage image = new BufferedImage(4, 1, BufferedImage.TYPE_BYTE_INDEXED);
        int[] colours = {0xFF0000, 0x00FF00, 0x0000FF, 0xFFFFFF};
        for (int x = 0; x < 4; x++) {
            image.setRGB(x, 0, 0xFF000000 | colours[x]);
        }
        Picture gif = PictureReader.decode(written(image, "gif"), "gif");
        assertArrayEquals(new byte[] {-1, 0, 0, 0, -1, 0, 0, 0, -1, -1, -1, -1}, gif.rgb());
    }

    @Test
    void losslessWebp() {
        byte[] onePixel = Base64.getDecoder().decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==");
        assertEquals(1, PictureReader.decode(onePixel, "webp").pixels());
    }

    /** 1, 2 and 4 bits of gray widen to the full range: 255 * v / (2^bits - 1). */
    @Test
    void fewBitsOfGray() throws IOException {
        for (int bits : new int[] {1, 2, 4}) {
            int levels = 1 << bits;
            byte[] table = new byte[levels];
            for (int v = 0; v < levels; v++) {
                table[v] = (byte) (255 * v / (levels - 1));
            }
            BufferedImage image = new BufferedImage(levels, 1, BufferedImage.TYPE_BYTE_BINARY,
                    new IndexColorModel(bits, levels, table, table, table));
            for (int v = 0; v < levels; v++) {
                image.getRaster().setSample(v, 0, 0, v);
            }
            Picture picture = PictureReader.decode(written(image, "png"), "bits" + bits);
            for (int v = 0; v < levels; v++) {
                assertEquals(255 * v / (levels - 1), picture.at(v, 0, 1));
            }
        }
    }

    /** 16 bits lose their low byte; alpha, of gray or of colours, is dropped without blending. */
    @Test
    void manyBitsAndAlpha() throws IOException {
        for (int bands = 1; bands <= 4; bands++) {
            for (int type : new int[] {DataBuffer.TYPE_BYTE, DataBuffer.TYPE_USHORT}) {
                int colours = bands <= 2 ? 1 : 3;
                ColorSpace space = ColorSpace.getInstance(colours == 1 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB);
                ComponentColorModel model = new ComponentColorModel(space, bands != colours, false,
                        bands != colours ? Transparency.TRANSLUCENT : Transparency.OPAQUE, type);
                WritableRaster raster = model.createCompatibleWritableRaster(9, 5);
                for (int i = 0; i < 45 * bands; i++) {
                    raster.setSample(i / bands % 9, i / bands / 9, i % bands,
                            type == DataBuffer.TYPE_BYTE ? i * 7 % 256 : i * 1601 % 65536);
                }
                BufferedImage image = new BufferedImage(model, raster, false, null);
                Picture picture = PictureReader.decode(written(image, "png"), bands + " bands");
                for (int i = 0; i < 45; i++) {
                    for (int c = 0; c < 3; c++) {
                        int sample = raster.getSample(i % 9, i / 9, colours == 1 ? 0 : c);
                        assertEquals(type == DataBuffer.TYPE_BYTE ? sample : sample >> 8, picture.at(i % 9, i / 9, c));
                    }
                }
            }
        }
    }

    private static byte[] written(BufferedImage image, String format) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (!ImageIO.write(image, format, out)) {
            throw new IOException("no writer for " + format);
        }
        return out.toByteArray();
    }
}
