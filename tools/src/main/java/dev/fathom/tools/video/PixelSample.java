package dev.fathom.tools.video;

import dev.fathom.models.image.NetworkSize;
import java.util.Arrays;

/** An even grid of pixels of a map, some ten thousand: what fits and medians are computed from. */
final class PixelSample {
    private static final int MOST = 1 << 14;

    private final int[] pixels;
    /** The patch that each of them lies in. */
    private final int[] patches;

    PixelSample(NetworkSize size) {
        int step = (int) Math.ceil(Math.sqrt((double) size.width() * size.height() / MOST));
        int columns = (size.width() - step / 2 + step - 1) / step;
        int rows = (size.height() - step / 2 + step - 1) / step;
        pixels = new int[columns * rows];
        patches = new int[columns * rows];
        for (int i = 0; i < pixels.length; i++) {
            int x = step / 2 + i % columns * step;
            int y = step / 2 + i / columns * step;
            pixels[i] = y * size.width() + x;
            patches[i] = y / NetworkSize.PATCH * (size.width() / NetworkSize.PATCH) + x / NetworkSize.PATCH;
        }
    }

    int count() {
        return pixels.length;
    }

    /** Numbers of the pixels that lie in these patches. */
    int[] in(boolean[] wanted) {
        int[] inside = new int[pixels.length];
        int n = 0;
        for (int i = 0; i < pixels.length; i++) {
            if (wanted[patches[i]]) {
                inside[n++] = pixels[i];
            }
        }
        return Arrays.copyOf(inside, n);
    }

    /** All of them. */
    int[] all() {
        return pixels;
    }

    static float[] values(float[] map, int[] pixels) {
        float[] values = new float[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            values[i] = map[pixels[i]];
        }
        return values;
    }
}
