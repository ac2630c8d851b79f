package dev.fathom.tools.points;

import dev.fathom.models.image.Picture;

/** The colours of a photo at another size: of each new pixel the mean of the photo's pixels that it covers. */
final class ColourGrid {
    private ColourGrid() {
    }

    /** The photo at this size; where it becomes larger, pixels are repeated. */
    static Picture of(Picture photo, int width, int height) {
        Picture grid = Picture.blank(width, height);
        for (int y = 0; y < height; y++) {
            int top = (int) ((long) y * photo.height() / height);
            int bottom = Math.max(top + 1, (int) ((y + 1L) * photo.height() / height));
            for (int x = 0; x < width; x++) {
                int left = (int) ((long) x * photo.width() / width);
                int right = Math.max(left + 1, (int) ((x + 1L) * photo.width() / width));
                mean(photo, left, right, top, bottom, grid.rgb(), 3 * (y * width + x));
            }
        }
        return grid;
    }

    private static void mean(Picture photo, int left, int right, int top, int bottom, byte[] out, int at) {
        int count = (right - left) * (bottom - top);
        for (int channel = 0; channel < 3; channel++) {
            int sum = 0;
            for (int v = top; v < bottom; v++) {
                for (int u = left; u < right; u++) {
                    sum += photo.at(u, v, channel);
                }
            }
            out[at + channel] = (byte) ((sum + count / 2) / count);
        }
    }
}
