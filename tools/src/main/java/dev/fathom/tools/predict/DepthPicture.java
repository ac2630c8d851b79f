package dev.fathom.tools.predict;

import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.ByteMap;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import java.util.Arrays;

/**
 * The coloured result, as the original programs make it: the map over its own range in 8 bits, through a palette,
 * beside the photo with 50 white columns between, or alone.
 */
final class DepthPicture {
    private static final int MARGIN = 50;

    private DepthPicture() {
    }

    /** @param palette null for gray */
    static Picture of(DepthMap map, Palette palette) {
        byte[] bytes = ByteMap.of(map.values());
        return palette == null ? ByteMap.gray(bytes, map.width(), map.height())
                : palette.apply(bytes, map.width(), map.height());
    }

    /** photo | white | depth */
    static Picture beside(Picture photo, Picture depth) {
        int width = photo.width() + MARGIN + depth.width();
        byte[] rgb = new byte[3 * width * photo.height()];
        Arrays.fill(rgb, (byte) 255);
        for (int y = 0; y < photo.height(); y++) {
            System.arraycopy(photo.rgb(), 3 * y * photo.width(), rgb, 3 * y * width, 3 * photo.width());
            System.arraycopy(depth.rgb(), 3 * y * depth.width(), rgb, 3 * (y * width + photo.width() + MARGIN),
                    3 * depth.width());
        }
        return new Picture(width, photo.height(), rgb);
    }
}
