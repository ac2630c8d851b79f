package dev.fathom.tests.image;

import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;

/** JPEGs of kinds that ImageIO does not write by itself: four channels, EXIF orientation, any other segment. */
public final class JpegParts {
    private JpegParts() {
    }

    /** A 16 x 16 JPEG of one four-channel value, at the best quality, without any marker of its own. */
    public static byte[] ofInks(int[] value) throws IOException {
        WritableRaster raster = Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 16, 16, 4, null);
        for (int i = 0; i < 256; i++) {
            raster.setPixel(i % 16, i / 16, value);
        }
        ImageWriter writer = ImageIO.getImageWriters(
                ImageTypeSpecifier.createFromBufferedImageType(BufferedImage.TYPE_3BYTE_BGR), "jpeg").next();
        ImageWriteParam param = writer.getDefaultWriteParam();
        param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        param.setCompressionQuality(1);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (var stream = ImageIO.createImageOutputStream(out)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(raster, null, null), param);
        }
        writer.dispose();
        return out.toByteArray();
    }

    /** The JPEG with one more segment right after its start marker. */
    public static byte[] withSegment(byte[] jpeg, int marker, byte[] content) {
        byte[] out = new byte[jpeg.length + content.length + 4];
        out[0] = jpeg[0];
        out[1] = jpeg[1];
        out[2] = (byte) 0xFF;
        out[3] = (byte) marker;
        out[4] = (byte) (content.length + 2 >> 8);
        out[5] = (byte) (content.length + 2);
        System.arraycopy(content, 0, out, 6, content.length);
        System.arraycopy(jpeg, 2, out, 6 + content.length, jpeg.length - 2);
        return out;
    }

    /**
     * The content of an Adobe segment (0xEE): 0 says that four channels are inks, 2 that they are coded as luma, chroma
     * and black.
     */
    public static byte[] adobe(int transform) {
        byte[] segment = "Adobe\0\144\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        segment[11] = (byte) transform;
        return segment;
    }

    /**
     * The content of an EXIF segment (0xE1): a TIFF header, one directory, one entry: 0x0112, orientation, one SHORT.
     */
    public static byte[] exif(int orientation) {
        byte[] segment = ("Exif\0\0MM\0\52\0\0\0\10" + "\0\1" + "\1\22\0\3\0\0\0\1\0\0\0\0" + "\0\0\0\0")
                .getBytes(StandardCharsets.ISO_8859_1);
        segment[6 + 8 + 2 + 9] = (byte) orientation;
        return segment;
    }
}
