package dev.fathom.models.image;

import java.util.Arrays;
import java.util.Objects;

/**
 * An 8-bit colour picture.
 *
 * <p>The array is shared, not copied: whoever changes it changes the picture.
 *
 * @param width  W, pixels, at least 1
 * @param height H, pixels, at least 1
 * @param rgb    [H,W,3], interleaved, red first, each byte 0..255 (unsigned)
 */
public record Picture(int width, int height, byte[] rgb) {

    /** Checks that the array fits the size. */
    public Picture {
        Objects.requireNonNull(rgb, "rgb");
        if (width < 1 || height < 1 || rgb.length != 3L * width * height) {
            throw new IllegalArgumentException("a picture of " + width + " x " + height + " pixels needs "
                    + 3L * width * height + " bytes, not " + rgb.length);
        }
    }

    /** A black picture. */
    public static Picture blank(int width, int height) {
        return new Picture(width, height, new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))]);
    }

    /** The value of one channel, 0..255; channel 0 is red. */
    public int at(int x, int y, int channel) {
        return rgb[3 * (y * width + x) + channel] & 0xFF;
    }

    /** Number of pixels, W*H. */
    public int pixels() {
        return width * height;
    }

    /** A picture of its own with the same content. */
    public Picture copy() {
        return new Picture(width, height, rgb.clone());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Picture that && width == that.width && height == that.height
                && Arrays.equals(rgb, that.rgb);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(rgb);
    }

    @Override
    public String toString() {
        return "Picture[" + width + " x " + height + "]";
    }
}
