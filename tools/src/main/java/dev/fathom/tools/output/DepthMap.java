package dev.fathom.tools.output;

/**
 * A map of float values.
 *
 * @param width  W, pixels
 * @param height H, pixels
 * @param values [H,W]
 */
public record DepthMap(int width, int height, float[] values) {

    public DepthMap {
        if (width < 1 || height < 1 || values.length != (long) width * height) {
            throw new IllegalArgumentException("DepthMap: " + width + " x " + height + " needs " + (long) width * height
                + " values, not " + values.length + ".");
        }
    }
}
