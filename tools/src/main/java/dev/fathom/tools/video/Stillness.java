package dev.fathom.tools.video;

import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Picture;

/**
 * Which parts of a picture stand still from one frame to the next, by the pictures alone: where nothing moves, depth
 * should not either.
 *
 * <p>The picture is divided as the network divides it, into patches. A patch changes by the mean over its pixels of the
 * absolute difference of their luma (Rec. 601: 0.299 R + 0.587 G + 0.114 B), in levels of 255. It stands still if it
 * and its eight neighbours change by at most {@value #STILL} levels, about what compression and a sensor's noise do.
 */
public final class Stillness {
    static final double STILL = 4;

    private Stillness() {
    }

    /**
     * How much each patch changes.
     *
     * @param before the frame before; null for the first, which changes nowhere
     * @return [H/14,W/14]
     */
    public static float[] changes(Picture before, Picture now, NetworkSize size) {
        int columns = size.width() / NetworkSize.PATCH;
        int rows = size.height() / NetworkSize.PATCH;
        float[] changes = new float[columns * rows];
        if (before == null) {
            return changes;
        }
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                changes[row * columns + column] = (float) change(before, now, edge(column, columns, now.width()),
                        edge(row, rows, now.height()), edge(column + 1, columns, now.width()),
                        edge(row + 1, rows, now.height()));
            }
        }
        return changes;
    }

    private static int edge(int index, int count, int pixels) {
        return (int) ((long) index * pixels / count);
    }

    private static double change(Picture before, Picture now, int left, int top, int right, int bottom) {
        if (left >= right || top >= bottom) {
            // A picture smaller than the network's: some patches hold no pixel of their own.
            return 0;
        }
        byte[] a = before.rgb();
        byte[] b = now.rgb();
        long sum = 0;
        for (int y = top; y < bottom; y++) {
            for (int i = 3 * (y * now.width() + left); i < 3 * (y * now.width() + right); i += 3) {
                sum += Math.abs(299 * ((b[i] & 0xFF) - (a[i] & 0xFF)) + 587 * ((b[i + 1] & 0xFF) - (a[i + 1] & 0xFF))
                        + 114 * ((b[i + 2] & 0xFF) - (a[i + 2] & 0xFF)));
            }
        }
        return sum / 1000.0 / ((long) (right - left) * (bottom - top));
    }

    /** Which patches stand still, [H/14,W/14]. */
    public static boolean[] still(float[] changes, NetworkSize size) {
        int columns = size.width() / NetworkSize.PATCH;
        int rows = size.height() / NetworkSize.PATCH;
        boolean[] still = new boolean[changes.length];
        for (int i = 0; i < still.length; i++) {
            still[i] = true;
            for (int y = Math.max(0, i / columns - 1); y <= Math.min(rows - 1, i / columns + 1); y++) {
                for (int x = Math.max(0, i % columns - 1); x <= Math.min(columns - 1, i % columns + 1); x++) {
                    still[i] &= changes[y * columns + x] <= STILL;
                }
            }
        }
        return still;
    }

    /** The mean over all patches, in levels. */
    static double mean(float[] changes) {
        double sum = 0;
        for (float change : changes) {
            sum += change;
        }
        return sum / changes.length;
    }
}
