package dev.fathom.models.image;

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
            float low = Float.POSITIVE_INFINITY;
            float high = Float.NEGATIVE_INFINITY;
            for (float v : map) {
                if (Float.isFinite(v)) {
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
        float span = range.high() - range.low();
        if (span > 0) {
            for (int i = 0; i < map.length; i++) {
                float level = (map[i] - range.low()) / span * 255f;
                out[i] = (byte) Math.clamp((int) level, 0, 255);     // (int) truncates, and turns NaN into 0
            }
        }
        return out;
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
