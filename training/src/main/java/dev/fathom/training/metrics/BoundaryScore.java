package dev.fathom.training.metrics;

/**
 * Whether depth edges are where they should be, as Depth Pro measures it (Bochkovskii et al. 2024, arXiv 2410.02073,
 * section 3.3; the program that its authors publish decides where the text leaves a choice).
 *
 * <p>Between two neighbours i and j there is an edge at factor t if depth j is more than t times depth i; left, right, up
 * and down are counted apart. Over the edges of one direction, precision is the share of the predicted ones that are
 * true, recall the share of the true ones that are predicted (0 where there are none). For each t both are averaged over
 * the four directions, F1 is their harmonic mean (0 if both are 0); the scores are the means over ten t from 1.05 to
 * 1.25, weighted by t. A common factor of all depths changes nothing.
 *
 * <p>Neighbours of which one has no truth are left out of both maps. Where every pixel has one, as in the synthetic sets
 * that Depth Pro is measured on, this is exactly its number.
 *
 * @param f1 from 0 to 1; NaN where no two neighbours have a truth
 * @param precision from 0 to 1
 * @param recall from 0 to 1
 */
public record BoundaryScore(double f1, double precision, double recall) {
    private static final int STEPS = 10;
    private static final double LEAST = 1.05;
    private static final double GREATEST = 1.25;
    /** Nearer depths, and none, are taken for this one. */
    private static final float NEAREST = 1e-6f;
    private static final double[] FACTORS = factors();

    private static double[] factors() {
        double[] factors = new double[STEPS];
        for (int i = 0; i < STEPS; i++) {
            factors[i] = LEAST + (GREATEST - LEAST) * i / (STEPS - 1);
        }
        return factors;
    }

    /** Edges of one direction: how many pairs reach so many of the factors in the truth and in the prediction. */
    private static final class Direction {
        private final long[][] pairs = new long[STEPS + 1][STEPS + 1];

        /** Pairs that reach the factor at least: of the truth, the prediction, both. */
        long[] atLeast(int factor) {
            long[] counts = new long[3];
            for (int t = 0; t <= STEPS; t++) {
                for (int p = 0; p <= STEPS; p++) {
                    counts[0] += t > factor ? pairs[t][p] : 0;
                    counts[1] += p > factor ? pairs[t][p] : 0;
                    counts[2] += Math.min(t, p) > factor ? pairs[t][p] : 0;
                }
            }
            return counts;
        }
    }

    /**
     * Measures the edges of a depth map.
     *
     * @param prediction [H,W], depth
     * @param truth [H,W], depth; 0 or less where there is none
     */
    static BoundaryScore of(float[] prediction, float[] truth, int width, int height) {
        Direction[] directions = {new Direction(), new Direction(), new Direction(), new Direction()};
        long pairs = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int i = y * width + x;
                if (!(truth[i] > 0)) {
                    continue;
                }
                if (x + 1 < width && truth[i + 1] > 0) {
                    pair(prediction, truth, i, i + 1, directions[0], directions[1]);
                    pairs++;
                }
                if (y + 1 < height && truth[i + width] > 0) {
                    pair(prediction, truth, i, i + width, directions[2], directions[3]);
                    pairs++;
                }
            }
        }
        return pairs == 0 ? new BoundaryScore(Double.NaN, Double.NaN, Double.NaN) : weighted(directions);
    }

    private static void pair(float[] prediction, float[] truth, int i, int j, Direction there, Direction back) {
        int trueThere = reached(truth[i], truth[j]);
        int trueBack = reached(truth[j], truth[i]);
        there.pairs[trueThere][reached(prediction[i], prediction[j])]++;
        back.pairs[trueBack][reached(prediction[j], prediction[i])]++;
    }

    /** How many of the factors the second depth is beyond the first. */
    private static int reached(float near, float far) {
        if (far <= near) {
            return 0;
        }
        double ratio = (double) Math.max(far, NEAREST) / Math.max(near, NEAREST);
        int factor = 0;
        while (factor < STEPS && ratio > FACTORS[factor]) {
            factor++;
        }
        return factor;
    }

    private static BoundaryScore weighted(Direction[] directions) {
        double f1 = 0;
        double precision = 0;
        double recall = 0;
        double weights = 0;
        for (int k = 0; k < STEPS; k++) {
            double p = 0;
            double r = 0;
            for (Direction direction : directions) {
                long[] counts = direction.atLeast(k);
                r += (double) counts[2] / Math.max(1, counts[0]) / directions.length;
                p += (double) counts[2] / Math.max(1, counts[1]) / directions.length;
            }
            f1 += FACTORS[k] * (p + r == 0 ? 0 : 2 * p * r / (p + r));
            precision += FACTORS[k] * p;
            recall += FACTORS[k] * r;
            weights += FACTORS[k];
        }
        return new BoundaryScore(f1 / weights, precision / weights, recall / weights);
    }
}
