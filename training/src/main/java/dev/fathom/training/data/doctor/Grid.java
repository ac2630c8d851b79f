package dev.fathom.training.data.doctor;

import dev.fathom.training.data.DepthSample;

/**
 * A frame brought down to at most {@value #SIDE} cells on its longer side: what edges and planes are looked for in, at
 * the same cost whatever the frame's size.
 *
 * @param width cells across
 * @param height cells down
 * @param step pixels a cell, at least 1
 * @param luma [height,width], 0..255: the mean of a cell's pixels
 * @param depth [height,width], metres, 0 for a hole: that of the cell's middle pixel, or where that is a hole the
 *     nearest depth of the cell
 */
record Grid(int width, int height, double step, float[] luma, float[] depth) {
    static final int SIDE = 320;

    static Grid of(DepthSample sample) {
        double step = step(sample.width(), sample.height());
        int width = Math.max(1, (int) (sample.width() / step));
        int height = Math.max(1, (int) (sample.height() / step));
        float[] luma = new float[width * height];
        float[] depth = new float[width * height];
        for (int y = 0; y < height; y++) {
            int top = (int) (y * step);
            int bottom = Math.max(top + 1, (int) ((y + 1) * step));
            for (int x = 0; x < width; x++) {
                int left = (int) (x * step);
                int right = Math.max(left + 1, (int) ((x + 1) * step));
                luma[y * width + x] = mean(sample.picture().rgb(), sample.width(), left, top, right, bottom);
                depth[y * width + x] = middleOrNearest(sample.depth(), sample.width(), left, top, right, bottom);
            }
        }
        return new Grid(width, height, step, luma, depth);
    }

    static double step(int width, int height) {
        return Math.max(1, Math.max(width, height) / (double) SIDE);
    }

    private static float mean(byte[] rgb, int width, int left, int top, int right, int bottom) {
        long sum = 0;
        for (int y = top; y < bottom; y++) {
            for (int i = 3 * (y * width + left); i < 3 * (y * width + right); i += 3) {
                sum += luma(rgb, i);
            }
        }
        return sum / (256f * (right - left) * (bottom - top));
    }

    private static float middleOrNearest(float[] depth, int width, int left, int top, int right, int bottom) {
        float middle = depth[(top + bottom - 1) / 2 * width + (left + right - 1) / 2];
        if (middle > 0) {
            return middle;
        }
        float nearest = 0;
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                float here = depth[y * width + x];
                nearest = here > 0 && (nearest == 0 || here < nearest) ? here : nearest;
            }
        }
        return nearest;
    }

    /** Brightness times 256, BT.601. */
    static int luma(byte[] rgb, int at) {
        return 77 * (rgb[at] & 0xFF) + 150 * (rgb[at + 1] & 0xFF) + 29 * (rgb[at + 2] & 0xFF);
    }
}
