package dev.fathom.models.image;

/**
 * OpenCV's nearest-neighbour resize ({@code INTER_NEAREST}), which the training transform uses for depth: blending
 * depths across an edge would invent surfaces that are not there.
 *
 * <p>Source position = min(floor(d * step), in - 1) with step = 1 / (out / in) in double; unlike every other resize
 * here without a half-pixel shift.
 */
public final class NearestResize {

    private NearestResize() {
    }

    /** For each of {@code out} positions, the source position in 0 .. in-1. */
    public static int[] sources(int in, int out) {
        double step = 1.0 / ((double) out / in);
        int[] sources = new int[out];
        for (int d = 0; d < out; d++) {
            sources[d] = Math.min((int) Math.floor(d * step), in - 1);
        }
        return sources;
    }

    /** A map {@code [H_in,W_in]} resized to {@code [H_out,W_out]}. */
    public static float[] resize(float[] map, int inWidth, int inHeight, int outWidth, int outHeight) {
        float[] out = new float[Math.multiplyExact(outWidth, outHeight)];
        window(map, inWidth, inHeight, outWidth, outHeight, 0, 0, outWidth, outHeight, out, 0);
        return out;
    }

    /**
     * A window of the resized map: {@code width x height} from (left, top), written densely from {@code out[at]} on.
     */
    public static void window(float[] map, int inWidth, int inHeight, int outWidth, int outHeight,
            int left, int top, int width, int height, float[] out, int at) {
        int[] columns = sources(inWidth, outWidth);
        int[] rows = sources(inHeight, outHeight);
        for (int y = 0; y < height; y++) {
            int from = rows[top + y] * inWidth;
            for (int x = 0; x < width; x++) {
                out[at++] = map[from + columns[left + x]];
            }
        }
    }
}
