package dev.fathom.training.data.doctor;

/**
 * Where in the frame depth is known and how far it is there, over many frames.
 *
 * <p>{@value #WIDTH} x {@value #HEIGHT} places, rows first.
 */
public final class DepthPlaces {
    /** Places across. */
    public static final int WIDTH = 80;
    /** Places down. */
    public static final int HEIGHT = 60;

    private final int[] seen = new int[WIDTH * HEIGHT];
    private final int[] valid = new int[WIDTH * HEIGHT];
    private final double[] logs = new double[WIDTH * HEIGHT];

    static DepthPlaces of(Grid grid) {
        DepthPlaces places = new DepthPlaces();
        for (int y = 0; y < grid.height(); y++) {
            int row = y * HEIGHT / grid.height() * WIDTH;
            for (int x = 0; x < grid.width(); x++) {
                int at = row + x * WIDTH / grid.width();
                float depth = grid.depth()[y * grid.width() + x];
                places.seen[at]++;
                if (depth > 0) {
                    places.valid[at]++;
                    places.logs[at] += Math.log(depth);
                }
            }
        }
        return places;
    }

    void add(DepthPlaces other) {
        for (int i = 0; i < seen.length; i++) {
            seen[i] += other.seen[i];
            valid[i] += other.valid[i];
            logs[i] += other.logs[i];
        }
    }

    /** Share of the frames' cells that have a depth, 0..1. */
    public float[] known() {
        float[] share = new float[seen.length];
        for (int i = 0; i < share.length; i++) {
            share[i] = seen[i] == 0 ? 0 : valid[i] / (float) seen[i];
        }
        return share;
    }

    /** Geometric mean of the depths, metres; 0 where there is none. */
    public float[] means() {
        float[] means = new float[seen.length];
        for (int i = 0; i < means.length; i++) {
            means[i] = valid[i] == 0 ? 0 : (float) Math.exp(logs[i] / valid[i]);
        }
        return means;
    }
}
