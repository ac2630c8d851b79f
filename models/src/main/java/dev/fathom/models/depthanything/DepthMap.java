package dev.fathom.models.depthanything;

/**
 * One number a pixel.
 *
 * @param width columns
 * @param height rows
 * @param values row by row; what they mean is {@code head}'s unit and polarity
 * @param head the kind of head that made them
 */
public record DepthMap(int width, int height, float[] values, DepthHead head) {
    public DepthMap {
        if (values.length != width * height) {
            throw new IllegalArgumentException(width + " x " + height + " pixels but " + values.length + " values");
        }
    }

    /** The value at column x and row y. */
    public float at(int x, int y) {
        return values[y * width + x];
    }

    public float min() {
        float m = Float.POSITIVE_INFINITY;
        for (float v : values) {
            m = Math.min(m, v);
        }
        return m;
    }

    public float max() {
        float m = Float.NEGATIVE_INFINITY;
        for (float v : values) {
            m = Math.max(m, v);
        }
        return m;
    }
}
