package dev.fathom.training.data.maps;

import java.util.Arrays;

/** Of an array's axes the two that are a picture's. */
record PlaneShape(int height, int width) {
    /** As many as the largest picture that is read has. */
    private static final long MOST = 1L << 28;

    /** @param name of the file, for the refusal: axes of length 1 do not count, from the front first */
    static PlaneShape of(Object name, long[] axes) {
        int from = 0;
        int to = axes.length;
        while (to - from > 2 && axes[from] == 1) {
            from++;
        }
        while (to - from > 2 && axes[to - 1] == 1) {
            to--;
        }
        boolean two = to - from == 2 && axes[from] >= 1 && axes[from + 1] >= 1;
        if (!two || axes[from] > MOST || axes[from + 1] > MOST || axes[from] * axes[from + 1] > MOST) {
            throw MapFile.layout(name, "an array of shape " + Arrays.toString(axes),
                    "[H,W] with at most " + MOST + " numbers, perhaps with axes of length 1 around");
        }
        return new PlaneShape((int) axes[from], (int) axes[from + 1]);
    }

    int size() {
        return height * width;
    }

    /** [height,width] of numbers that stand column by column. */
    static float[] rowsFirst(float[] columns, int height, int width) {
        float[] rows = new float[columns.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                rows[y * width + x] = columns[x * height + y];
            }
        }
        return rows;
    }
}
