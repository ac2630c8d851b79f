package dev.fathom.training.synth;

/**
 * The holes that a structured-light sensor such as the Kinect leaves in its depth: 0, as in NYU.
 *
 * <p>Four causes, each where the sensor's own geometry puts it: <ul>
 * <li>the projector sits beside the camera, so what stands in front throws a shadow on what is behind; its width in
 * pixels is focal * baseline * (1/near - 1/far);</li>
 * <li>surfaces seen at a grazing angle return too little of the pattern;</li>
 * <li>so do dark ones;</li>
 * <li>windows and lamps outshine it.</li></ul>
 *
 * @param strength share of the candidate pixels that become holes, 0 (none) to 1
 */
public record HoleSettings(double strength) {
    /** No holes: depth at every pixel. */
    public static final HoleSettings NONE = new HoleSettings(0);
    /** Distance of the Kinect's projector from its camera, metres. */
    private static final double BASELINE = 0.075;

    public HoleSettings {
        if (!(strength >= 0 && strength <= 1)) {
            throw new IllegalArgumentException("HoleSettings: the strength is " + strength
                + ", but it is a share from 0 to 1.");
        }
    }

    /** Sets depth to 0 where the sensor would have seen nothing. */
    void punch(Scene scene, int width, int height, float[] depth, float[] cosine, float[] radiance, float[] glow) {
        if (strength == 0) {
            return;
        }
        boolean[] hole = new boolean[depth.length];
        // As for the exposure, the geometric mean: a bright window must not make everything else count as dark.
        double dark = 0.1 * Sensor.metered(radiance);
        int seed = scene.sensor().noiseSeed() + 1009;
        double focal = scene.camera().focal() * width;
        for (int y = 0; y < height; y++) {
            shadows(y, width, focal, depth, hole, seed);
            for (int x = 0; x < width; x++) {
                int p = y * width + x;
                double seen = (radiance[3 * p] + radiance[3 * p + 1] + radiance[3 * p + 2]) / 3;
                boolean lost = glow[p] > 0 || cosine[p] < 0.12 || seen < dark;
                hole[p] |= lost && keeps(x, y, seed);
            }
        }
        for (int p = 0; p < depth.length; p++) {
            if (hole[p]) {
                depth[p] = 0;
            }
        }
    }

    /** Marks the projector's shadows in one row: to the left of every step from near to far. */
    private void shadows(int y, int width, double focal, float[] depth, boolean[] hole, int seed) {
        for (int x = 1; x < width; x++) {
            double far = depth[y * width + x - 1];
            double near = depth[y * width + x];
            if (far < near * 1.08) {
                continue;
            }
            int wide = (int) Math.round(focal * BASELINE * (1 / near - 1 / far));
            for (int k = Math.max(0, x - wide); k < x; k++) {
                int p = y * width + k;
                hole[p] |= depth[p] > near * 1.04 && keeps(k, y, seed);
            }
        }
    }

    /** Holes come in patches of 3 x 4 pixels: whether the patch here is one, for the share {@link #strength}. */
    private boolean keeps(int x, int y, int seed) {
        return Noise.unit(x / 3, y / 4, seed) < strength;
    }
}
