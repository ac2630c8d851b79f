package dev.fathom.training.data.doctor;

import dev.fathom.models.camera.Intrinsics;
import java.util.Arrays;

/**
 * What a map's planes look like, which tells depth from its inverse without knowing what is seen.
 *
 * <p>Along any line of a picture that runs over a plane, 1/Z is linear, so Z itself sags below the chord between two of
 * its values. With v the values of a map at three places, L the straight line's value at the middle one, H the value
 * that lies on a straight line of 1/v: the sag (L - v) / (L - H) is 1 for depth, about 1/2 for its logarithm, 0 for
 * disparity (scaled and shifted at will), and below 0 for depth that was subtracted from a number.
 *
 * @param places how many smooth slopes were found
 * @param sag the median of their sags; NaN if there are none
 * @param straight share of the sags that are those of depth, to a fiftieth: how many slopes are planes
 */
public record PlaneShape(int places, double sag, double straight) {
    private static final int MOST = 6000;
    /** A slope's change between its ends, relative to their sum: less cannot be measured, more is hardly one plane. */
    private static final double LEAST = 0.06;
    private static final double GREATEST = 0.5;
    /** How far the sags at a quarter and three quarters may stray from that in the middle. */
    private static final double STRAY = 0.6;
    /** A sag so near to 1 is that of depth. */
    private static final double STRAIGHT = 0.02;

    static PlaneShape of(Grid grid) {
        double[] sags = new double[MOST];
        int reach = Math.max(8, Math.max(grid.width(), grid.height()) / 16);
        int n = 0;
        for (int y = 0; y < grid.height(); y += 2) {
            for (int x = 0; x + 2 * reach < grid.width() && n < MOST; x += reach / 2) {
                n = add(grid, y * grid.width() + x, 1, reach, sags, n);
            }
        }
        for (int x = 0; x < grid.width(); x += 2) {
            for (int y = 0; y + 2 * reach < grid.height() && n < MOST; y += reach / 2) {
                n = add(grid, y * grid.width() + x, grid.width(), reach, sags, n);
            }
        }
        double[] found = Arrays.copyOf(sags, n);
        Arrays.sort(found);
        long straight = Arrays.stream(found).filter(sag -> Math.abs(sag - 1) < STRAIGHT).count();
        return new PlaneShape(n, n == 0 ? Double.NaN : found[n / 2], n == 0 ? 0 : straight / (double) n);
    }

    /** The same of the depth along Z that there would be if the numbers were distances along the camera's rays. */
    static PlaneShape ofDistances(Grid grid, Intrinsics camera) {
        float[] depth = grid.depth().clone();
        for (int y = 0; y < grid.height(); y++) {
            double v = ((y + 0.5) * grid.step() - 0.5 - camera.cy()) / camera.fy();
            for (int x = 0; x < grid.width(); x++) {
                double u = ((x + 0.5) * grid.step() - 0.5 - camera.cx()) / camera.fx();
                depth[y * grid.width() + x] /= (float) Math.sqrt(1 + u * u + v * v);
            }
        }
        return of(new Grid(grid.width(), grid.height(), grid.step(), grid.luma(), depth));
    }

    /** Looks at five places in a row; each may give way by a fifth of the distance where there is a hole. */
    private static int add(Grid grid, int from, int step, int reach, double[] sags, int n) {
        double[] v = new double[5];
        double[] at = new double[5];
        int give = reach / 10;
        for (int i = 0; i < 5; i++) {
            int place = i * reach / 2;
            int k = nearest(grid.depth(), from + place * step, step, i == 0 ? 0 : -give, i == 4 ? 0 : give);
            if (k == Integer.MIN_VALUE) {
                return n;
            }
            at[i] = place + k;
            v[i] = grid.depth()[from + (place + k) * step];
        }
        double change = (v[4] - v[0]) / (v[4] + v[0]);
        if (Math.abs(change) < LEAST || Math.abs(change) > GREATEST) {
            return n;
        }
        for (int i = 0; i < 4; i++) {
            if ((v[i + 1] - v[i]) * change <= 0) {
                return n;
            }
        }
        double middle = sag(v, at, 2);
        if (Math.abs(sag(v, at, 1) - middle) > STRAY || Math.abs(sag(v, at, 3) - middle) > STRAY) {
            return n;
        }
        sags[n] = middle;
        return n + 1;
    }

    private static int nearest(float[] depth, int at, int step, int low, int high) {
        for (int k = 0; k <= Math.max(-low, high); k++) {
            if (k <= high && depth[at + k * step] > 0) {
                return k;
            }
            if (-k >= low && depth[at - k * step] > 0) {
                return -k;
            }
        }
        return Integer.MIN_VALUE;
    }

    private static double sag(double[] v, double[] at, int i) {
        double t = (at[i] - at[0]) / (at[4] - at[0]);
        double line = v[0] + t * (v[4] - v[0]);
        double harmonic = 1 / (1 / v[0] + t * (1 / v[4] - 1 / v[0]));
        return (line - v[i]) / (line - harmonic);
    }
}
