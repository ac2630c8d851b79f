package dev.fathom.models.image;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.exif.ExifIFD0Directory;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/**
 * How a camera was held: the EXIF tag that says where the stored first row and first column belong.
 *
 * <p>The names say what is done to the stored picture to see it upright.
 */
enum Orientation {
    AS_STORED(false, false, false),
    MIRROR(false, true, false),
    TURN_HALF(false, true, true),
    FLIP(false, false, true),
    TRANSPOSE(true, false, false),
    TURN_RIGHT(true, true, false),
    TRANSVERSE(true, true, true),
    TURN_LEFT(true, false, true);

    private final boolean transposed;
    private final boolean mirrored;
    private final boolean flipped;

    Orientation(boolean transposed, boolean mirrored, boolean flipped) {
        this.transposed = transposed;
        this.mirrored = mirrored;
        this.flipped = flipped;
    }

    /**
     * The orientation of a picture file; {@link #AS_STORED} where it says nothing that can be understood, as in
     * OpenCV.
     */
    static Orientation of(byte[] file) {
        ExifIFD0Directory exif;
        try {
            exif = ImageMetadataReader.readMetadata(new ByteArrayInputStream(file), file.length)
                    .getFirstDirectoryOfType(ExifIFD0Directory.class);
        } catch (ImageProcessingException | IOException | RuntimeException e) {
            return AS_STORED;       // metadata are an extra: a picture whose EXIF is torn is still a picture
        }
        Integer tag = exif == null ? null : exif.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
        return tag == null || tag < 1 || tag > 8 ? AS_STORED : values()[tag - 1];
    }

    /** The picture as it should be seen. */
    Picture upright(Picture stored) {
        if (this == AS_STORED) {
            return stored;
        }
        int width = transposed ? stored.height() : stored.width();
        int height = transposed ? stored.width() : stored.height();
        Picture upright = Picture.blank(width, height);
        byte[] from = stored.rgb();
        byte[] to = upright.rgb();
        int pixel = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++, pixel++) {
                int u = mirrored ? width - 1 - x : x;
                int v = flipped ? height - 1 - y : y;
                int source = transposed ? u * stored.width() + v : v * stored.width() + u;
                System.arraycopy(from, 3 * source, to, 3 * pixel, 3);
            }
        }
        return upright;
    }
}
