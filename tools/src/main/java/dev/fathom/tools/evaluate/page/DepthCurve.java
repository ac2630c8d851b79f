package dev.fathom.tools.evaluate.page;

import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.Scored;
import java.util.Arrays;

/**
 * Errors by the true depth of the pixel, over all images, in equal parts of a range that grows by doubling: nobody has to
 * know beforehand how far a data set sees.
 */
public final class DepthCurve {
    private static final int PARTS = 40;

    private final Space space;
    private double range = 1;
    private final double[] pixels = new double[PARTS];
    private final double[] relative = new double[PARTS];
    private final double[] absolute = new double[PARTS];

    /** @param space what is compared; a disparity's error is shown at its depth */
    public DepthCurve(Space space) {
        this.space = space;
    }

    /** Adds the pixels of an image that count and have a finite prediction. */
    public void add(Scored scored) {
        for (int i = 0; i < scored.truth().length; i++) {
            double truth = scored.truth()[i];
            double gap = Math.abs(scored.prediction()[i] - truth);
            if (truth > 0 && gap < Double.POSITIVE_INFINITY) {
                add(space == Space.DEPTH ? truth : 1 / truth, gap, truth);
            }
        }
    }

    private void add(double depth, double gap, double truth) {
        while (depth >= range) {
            widen();
        }
        int part = (int) (depth / range * PARTS);
        pixels[part]++;
        relative[part] += gap / truth;
        absolute[part] += gap;
    }

    private void widen() {
        range *= 2;
        for (double[] sums : new double[][] {pixels, relative, absolute}) {
            for (int i = 0; i < PARTS / 2; i++) {
                sums[i] = sums[2 * i] + sums[2 * i + 1];
            }
            Arrays.fill(sums, PARTS / 2, PARTS, 0);
        }
    }

    /** Whether there is no pixel. */
    public boolean isEmpty() {
        return parts() == 0;
    }

    /** [N+1] metres, from 0 to the end of the last part with a pixel. */
    public double[] edges() {
        double[] edges = new double[parts() + 1];
        Arrays.setAll(edges, i -> range * i / PARTS);
        return edges;
    }

    /** [N] mean of |p - t| / t; NaN where there is no pixel. */
    public double[] relative() {
        return means(relative);
    }

    /** [N] mean of |p - t|, metres or 1/m; NaN where there is no pixel. */
    public double[] absolute() {
        return means(absolute);
    }

    /** [N] per cent of all pixels. */
    public double[] shares() {
        double all = Arrays.stream(pixels).sum();
        double[] shares = new double[parts()];
        Arrays.setAll(shares, i -> 100 * pixels[i] / all);
        return shares;
    }

    private double[] means(double[] sums) {
        double[] means = new double[parts()];
        Arrays.setAll(means, i -> sums[i] / pixels[i]);
        return means;
    }

    private int parts() {
        int parts = PARTS;
        while (parts > 0 && pixels[parts - 1] == 0) {
            parts--;
        }
        return parts;
    }
}
