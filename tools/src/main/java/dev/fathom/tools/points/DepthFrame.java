package dev.fathom.tools.points;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;

/**
 * What points are made of.
 *
 * @param picture colours, [H,W,3]
 * @param depth [H,W], along the optical axis; of a pixel without any it is not above 0, or not finite
 * @param camera of this size of the picture
 */
public record DepthFrame(Picture picture, float[] depth, Intrinsics camera) {
    /** Checks that the depth has the picture's size. */
    public DepthFrame {
        if (depth.length != picture.pixels()) {
            throw new IllegalArgumentException(depth.length + " depths for " + picture);
        }
    }

    /** W. */
    public int width() {
        return picture.width();
    }

    /** H. */
    public int height() {
        return picture.height();
    }

    /** Whether pixel {@code i} (row-major) has a depth. */
    public boolean valid(int i) {
        return depth[i] > 0 && depth[i] < Float.POSITIVE_INFINITY;
    }

    /** X of a pixel, to the right. */
    public double x(int i) {
        return (i % width() - camera.cx()) / camera.fx() * depth[i];
    }

    /** Y of a pixel, downwards. */
    public double y(int i) {
        return (i / width() - camera.cy()) / camera.fy() * depth[i];
    }
}
