package dev.fathom.training.synth;

import java.util.Arrays;

/**
 * Makes smooth light of the one sample per pixel that {@link RayCaster} took (see {@link Lighting}): averages the
 * 16 cells of the stratification over pixels of the same surface.
 *
 * <p>Inside a surface a 4 x 4 window holds every cell once, and the mean over it is the mean over the cells. Near an
 * outline part of the window is something else; then each missing cell is looked for in a wider window, and sampled
 * anew where even that fails, so that every pixel is lit by all 16 and outlines do not flicker.
 */
final class LightFilter {
    private static final int L = Lighting.CHANNELS;
    private static final int SIDE = Lighting.BLOCK;
    private static final int CELLS = SIDE * SIDE;

    private final Scene scene;
    private final int width;
    private final int height;
    private final int[] ids;
    private final float[] samples;
    private final Lighting lighting;
    private final Ray ray = new Ray();
    private final Hit hit = new Hit();
    private final float[] sums = new float[CELLS * L];
    private final int[] counts = new int[CELLS];

    /**
     * For one thread: holds scratch space.
     *
     * @param ids     surface of each pixel, [height, width]
     * @param samples light sample of each pixel, [height, width, {@link Lighting#CHANNELS}]
     */
    LightFilter(Scene scene, int width, int height, int[] ids, float[] samples) {
        this.scene = scene;
        this.width = width;
        this.height = height;
        this.ids = ids;
        this.samples = samples;
        this.lighting = new Lighting(scene);
    }

    /** Writes the light at pixel (x, y) to {@code out} from {@code at} on. */
    void average(int x, int y, float[] out, int at) {
        if (!window(x, y, out, at)) {
            byCell(x, y, out, at);
        }
    }

    /** The common case: the mean over the 4 x 4 window; false if not all of it shows the same surface. */
    private boolean window(int x, int y, float[] out, int at) {
        int left = x - SIDE / 2;
        int top = y - SIDE / 2;
        if (left < 0 || top < 0 || left + SIDE > width || top + SIDE > height) {
            return false;
        }
        int id = ids[y * width + x];
        float r = 0;
        float g = 0;
        float b = 0;
        float hr = 0;
        float hg = 0;
        float hb = 0;
        for (int v = top; v < top + SIDE; v++) {
            for (int p = v * width + left; p < v * width + left + SIDE; p++) {
                if (ids[p] != id) {
                    return false;
                }
                r += samples[L * p];
                g += samples[L * p + 1];
                b += samples[L * p + 2];
                hr += samples[L * p + 3];
                hg += samples[L * p + 4];
                hb += samples[L * p + 5];
            }
        }
        out[at] = r / CELLS;
        out[at + 1] = g / CELLS;
        out[at + 2] = b / CELLS;
        out[at + 3] = hr / CELLS;
        out[at + 4] = hg / CELLS;
        out[at + 5] = hb / CELLS;
        return true;
    }

    /** The mean over the cells, each the mean of its samples in an 8 x 8 window, or a new sample. */
    private void byCell(int x, int y, float[] out, int at) {
        Arrays.fill(sums, 0);
        Arrays.fill(counts, 0);
        int id = ids[y * width + x];
        for (int v = Math.max(0, y - SIDE); v < Math.min(height, y + SIDE); v++) {
            for (int u = Math.max(0, x - SIDE); u < Math.min(width, x + SIDE); u++) {
                int p = v * width + u;
                if (ids[p] == id) {
                    int cell = (v & SIDE - 1) * SIDE + (u & SIDE - 1);
                    counts[cell]++;
                    for (int c = 0; c < L; c++) {
                        sums[L * cell + c] += samples[L * p + c];
                    }
                }
            }
        }
        fillGaps(x, y);
        for (int c = 0; c < L; c++) {
            float sum = 0;
            for (int cell = 0; cell < CELLS; cell++) {
                sum += sums[L * cell + c] / counts[cell];
            }
            out[at + c] = sum / CELLS;
        }
    }

    private void fillGaps(int x, int y) {
        boolean cast = false;
        for (int cell = 0; cell < CELLS; cell++) {
            if (counts[cell] == 0) {
                if (!cast) {
                    scene.camera().ray(x + 0.5, y + 0.5, width, height, ray);
                    scene.nearest(ray, hit);
                    cast = true;
                }
                // Any pixel of the cell's place in its block will do: Lighting asks for the place alone.
                lighting.gather(ray, hit, (x & -SIDE) + cell % SIDE, (y & -SIDE) + cell / SIDE, sums, L * cell);
                counts[cell] = 1;
            }
        }
    }
}
