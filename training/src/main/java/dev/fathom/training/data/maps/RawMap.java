package dev.fathom.training.data.maps;

/**
 * The numbers of a map as they stand in its file: no unit applied, nothing cut off, NaN and infinities kept.
 *
 * @param width pixels, at least 1
 * @param height pixels, at least 1
 * @param values [height,width], the top row first; numbers that float32 has not are rounded to it once
 */
public record RawMap(int width, int height, float[] values) {
    /** Checks the sizes. */
    public RawMap {
        if (width < 1 || height < 1 || (long) width * height != values.length) {
            throw new IllegalArgumentException(values.length + " numbers for " + width + " x " + height);
        }
    }
}
