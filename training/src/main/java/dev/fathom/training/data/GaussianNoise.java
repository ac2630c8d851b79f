package dev.fathom.training.data;

import dev.fathom.engine.numeric.Philox;

/**
 * Adds independent normal noise to every byte of a picture.
 *
 * <p>A million normals for one photo must be cheap, so Box and Muller's pair is taken from tables: a radius of 4096
 * steps times a cosine of 4096 steps. That is 16.7 million different values up to 4.2 standard deviations: far finer
 * than the 8 bits that the sum is rounded to. (The common library truncates the sum, which darkens by half a level.)
 */
final class GaussianNoise {

    private static final int STEPS = 4096;
    private static final float[] RADIUS = new float[STEPS];
    private static final float[] COSINE = new float[STEPS];

    static {
        for (int i = 0; i < STEPS; i++) {
            double middle = (i + 0.5) / STEPS;
            RADIUS[i] = (float) Math.sqrt(-2 * StrictMath.log(middle));
            COSINE[i] = (float) StrictMath.cos(2 * Math.PI * middle);
        }
    }

    private GaussianNoise() {
    }

    /** A normal with mean 0 and deviation 1 from the lower 24 bits of a random word. */
    static float normal(int word) {
        return RADIUS[word & (STEPS - 1)] * COSINE[(word >>> 12) & (STEPS - 1)];
    }

    /**
     * Adds noise in place, rounded and clamped to 0..255.
     *
     * @param deviation standard deviation, on a scale of 0..255
     */
    static void add(byte[] rgb, double deviation, Philox random) {
        float scale = (float) deviation;
        for (int i = 0; i < rgb.length; i++) {
            float value = (rgb[i] & 0xFF) + scale * normal(random.nextInt());
            rgb[i] = (byte) Math.clamp(Math.round(value), 0, 255);
        }
    }
}
