package dev.fathom.tools.points;

/**
 * A depth for something to look at, where only relative numbers are known: it is nobody's measurement. Relative inverse
 * depth d fits depth z as 1/z = a + b d with a and b unknown; here they are chosen so that the largest d is at 1 and
 * the smallest at 10.
 */
final class MadeUpDepth {
    /** For comments and people. */
    static final String WORDS = "depth made up from relative numbers (--force): nearest 1, farthest 10, shapes are"
            + " bent";

    private static final double FARTHEST = 10;

    private MadeUpDepth() {
    }

    /**
     * Makes it up.
     *
     * @param numbers larger is nearer; NaN for a hole
     * @return of the same length; 0 for a hole
     */
    static float[] of(float[] numbers) {
        float low = Float.POSITIVE_INFINITY;
        float high = Float.NEGATIVE_INFINITY;
        for (float number : numbers) {
            if (Float.isFinite(number)) {
                low = Math.min(low, number);
                high = Math.max(high, number);
            }
        }
        double span = (double) high - low;
        float[] depth = new float[numbers.length];
        for (int i = 0; i < depth.length; i++) {
            double share = span > 0 ? (numbers[i] - low) / span : 1;
            depth[i] = Float.isFinite(numbers[i]) ? (float) (1 / (1 / FARTHEST + (1 - 1 / FARTHEST) * share)) : 0;
        }
        return depth;
    }
}
