package dev.fathom.models.image;

import java.util.Arrays;

/**
 * A float map as 8 bits, for showing it.
 *
 * <p>As in the original programs: (d - min) / (max - min) * 255 in float32, one rounding an operation, then truncated
 * (not rounded) to a byte. The original divides by zero on a constant map; here such a map becomes all 0.
 */
public final class ByteMap {

    private ByteMap() {
    }

    /** The smallest and largest finite value of a map; both 0 when there is none. */
    public record Range(float low, float high) {

        /** Over all finite values. */
        public static Range of(float[] map) {
            return above(map, Float.NEGATIVE_INFINITY);
        }

        /** Over all finite values above 0: of depths, where 0 is a hole. */
        public static Range ofPositive(float[] map) {
            return above(map, 0);
        }

        private static Range above(float[] map, float bound) {
            float low = Float.POSITIVE_INFINITY;
            float high = Float.NEGATIVE_INFINITY;
            for (float v : map) {
                if (Float.isFinite(v) && v > bound) {
                    low = Math.min(low, v);
                    high = Math.max(high, v);
                }
            }
            return low <= high ? new Range(low, high) : new Range(0, 0);
        }
    }

    /** The map over its own range. */
    public static byte[] of(float[] map) {
        return of(map, Range.of(map));
    }

    /**
     * The map over a given range: values outside are clamped to it, NaN becomes 0.
     *
     * @return one byte a value, 0 (low) .. 255 (high)
     */
    public static byte[] of(float[] map, Range range) {
        byte[] out = new byte[map.length];
        levels(map, 0, range, out);
        return out;
    }

    /**
     * Part of a map over a given range.
     *
     * @param from where in the map it begins
     * @param out  gets as many values as it is long
     */
    public static void levels(float[] map, int from, Range range, byte[] out) {
        float low = range.low();
        float span = range.high() - low;
        if (!(span > 0)) {
            Arrays.fill(out, (byte) 0);
            return;
        }
        for (int i = 0; i < out.length; i++) {
            float level = (map[from + i] - low) / span * 255f;
            out[i] = (byte) Math.min(Math.max((int) level, 0), 255);     // (int) truncates, and turns NaN into 0
        }
    }

    /** An 8-bit map as a gray picture: each byte three times, as the original's {@code --grayscale}. */
    public static Picture gray(byte[] bytes, int width, int height) {
        byte[] rgb = new byte[3 * bytes.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = bytes[i / 3];
        }
        return new Picture(width, height, rgb);
    }
}
