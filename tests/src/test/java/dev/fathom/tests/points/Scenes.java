package dev.fathom.tests.points;

import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.points.DepthFrame;

/** Small frames to make points of. */
final class Scenes {
    private Scenes() {
    }

    /** A depth at each pixel. */
    interface Depth {
        double at(int x, int y);
    }

    /** A frame of 60 degrees across; each pixel has a colour of its own. */
    static DepthFrame frame(int width, int height, Depth depth) {
        return new DepthFrame(colours(width, height), depths(width, height, depth),
                Intrinsics.ofFieldOfView(60, width, height));
    }

    static Picture colours(int width, int height) {
        Picture picture = Picture.blank(width, height);
        for (int i = 0; i < picture.pixels(); i++) {
            picture.rgb()[3 * i] = (byte) (200 + i % width);
            picture.rgb()[3 * i + 1] = (byte) (3 * (i / width));
            picture.rgb()[3 * i + 2] = (byte) i;
        }
        return picture;
    }

    static float[] depths(int width, int height, Depth depth) {
        float[] values = new float[width * height];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) depth.at(i % width, i / width);
        }
        return values;
    }
}
