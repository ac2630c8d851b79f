package dev.fathom.training.data.doctor;

import java.util.Arrays;

/**
 * Places where depth falls from its greatest value to nearly 0 although it goes on smoothly on either side.
 *
 * <p>Such falls at the contours of things differ in height. Where numbers wrap around they all have one height, the
 * modulus: for neighbours a, b with a' before and b' behind, the surface goes on by about the mean of a - a' and b' -
 * b, so the modulus is |a - b| plus that. And no depth is above it.
 *
 * @param count how many falls agree in their height
 * @param modulus that height, metres
 * @param falls how many falls of more than half the range there are at all
 */
public record WrapJumps(int count, float modulus, int falls) {
    private static final int MOST = 20_000;
    /** Heights that agree: this share of the largest depth. */
    private static final double SAME = 0.01;
    /** A slope beside a fall is at most this share of the largest depth. */
    private static final float SMOOTH = 0.05f;
    /** Pixels without depth that are passed over. */
    private static final int REACH = 4;

    /** What is found along the lines of a map. */
    private static final class Falls {
        private final float farthest;
        private final float[] heights = new float[MOST];
        private int size;
        private final float[] depths;
        private final int[] at;
        private int known;

        Falls(float farthest, int longest) {
            this.farthest = farthest;
            this.depths = new float[longest];
            this.at = new int[longest];
        }

        void line(float[] depth, int start, int step, int length) {
            known = 0;
            for (int i = 0; i < length; i++) {
                float here = depth[start + i * step];
                if (here > 0) {
                    depths[known] = here;
                    at[known++] = i;
                }
            }
            for (int k = 1; k + 2 < known && size < MOST; k++) {
                look(k);
            }
        }

        private void look(int k) {
            float a0 = depths[k - 1];
            float a = depths[k];
            float b = depths[k + 1];
            float b0 = depths[k + 2];
            float fall = Math.abs(a - b);
            if (fall > 0.5f * farthest && at[k + 2] - at[k - 1] <= 3 * REACH && Math.abs(a - a0) < SMOOTH * farthest
                    && Math.abs(b0 - b) < SMOOTH * farthest && !plateau(a, a0) && !plateau(b, b0)) {
                float slope = 0.5f * (at[k + 1] - at[k]) * ((a - a0) / (at[k] - at[k - 1])
                        + (b0 - b) / (at[k + 2] - at[k + 1]));
                heights[size++] = fall + (a > b ? slope : -slope);
            }
        }

        /** A sky of one value, or all that is beyond the sensor's limit. */
        private boolean plateau(float depth, float next) {
            return depth == farthest && next == farthest;
        }
    }

    static WrapJumps of(float[] depth, int width, float farthest) {
        int height = depth.length / width;
        Falls falls = new Falls(farthest, Math.max(width, height));
        for (int y = 0; y < height; y++) {
            falls.line(depth, y * width, 1, width);
        }
        for (int x = 0; x < width; x++) {
            falls.line(depth, x, width, height);
        }
        float[] heights = falls.heights;
        Arrays.sort(heights, 0, falls.size);
        int best = 0;
        int bestAt = 0;
        int end = 0;
        for (int i = 0; i < falls.size; i++) {
            while (end < falls.size && heights[end] - heights[i] <= SAME * farthest) {
                end++;
            }
            if (end - i > best) {
                best = end - i;
                bestAt = i;
            }
        }
        return new WrapJumps(best, best == 0 ? 0 : heights[bestAt + best / 2], falls.size);
    }
}
