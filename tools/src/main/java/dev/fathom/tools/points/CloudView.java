package dev.fathom.tools.points;

import dev.fathom.models.image.Picture;
import java.io.IOException;
import java.util.Arrays;

/**
 * A picture of a cloud from a viewpoint, in perspective. The camera stands where all points but the outermost fit into
 * its picture; each point is drawn as the piece of surface that it stands for.
 */
public final class CloudView {
    /** Half the view's height at distance 1: 40 degrees. */
    private static final double HALF = Math.tan(Math.toRadians(20));
    /** Points that decide where the camera stands: every k-th. */
    private static final int SURVEYED = 200_000;
    /** So many of them are inside on each side. */
    private static final double INSIDE = 0.998;
    private static final double MARGIN = 1.06;
    /** What is nearer than this part of the distance to the middle would hide everything, and is not drawn. */
    private static final double NEAR = 0.15;

    private final int width;
    private final int height;
    private final double[][] axes;
    /** The camera. */
    private final double[] eye = new double[3];
    private double near;

    private CloudView(Viewpoint from, int width, int height) {
        this.width = width;
        this.height = height;
        this.axes = from.axes();
    }

    /** Draws points; the background alone where there are none. */
    public static Picture of(PointSource points, Viewpoint from, int width, int height) throws IOException {
        CloudView view = new CloudView(from, width, height);
        if (points.count() > 0) {
            view.stand(points);
        }
        Rasteriser raster = new Rasteriser(width, height, height / 2.0 / HALF);
        double[] place = new double[3];
        double[][] rims = new double[4][3];
        points.forEach(p -> {
            view.turn(p.x - view.eye[0], p.y - view.eye[1], p.z - view.eye[2], place);
            if (place[2] >= view.near) {
                for (int i = 0; i < rims.length; i++) {
                    view.turn(p.rims[i][0], p.rims[i][1], p.rims[i][2], rims[i]);
                }
                raster.draw(place, rims, view.near / 2, p.red << 16 | p.green << 8 | p.blue);
            }
        });
        return raster.picture();
    }

    /**
     * Chooses the camera's place. A point (x, y, z) in turned coordinates is inside at the right if x - ox is at most
     * t (z + d), where t is half the view's width at distance 1, ox how far the camera is to the right and d how far it
     * is behind; at the left if ox - x is. Both hold with equality for the outermost points at d = (a + b) / 2t and
     * ox = (a - b) / 2, where a is the largest x - tz and b the largest -x - tz; up and down likewise.
     */
    private void stand(PointSource points) throws IOException {
        double[][] surveyed = survey(points);
        double tall = HALF / MARGIN;
        double wide = tall * width / height;
        double[] right = fit(surveyed[0], surveyed[2], wide);
        double[] below = fit(surveyed[1], surveyed[2], tall);
        double back = Math.max(right[1], below[1]);
        for (int i = 0; i < 3; i++) {
            eye[i] = right[0] * axes[0][i] + below[0] * axes[1][i] - back * axes[2][i];
        }
        double[] depths = surveyed[2].clone();
        Arrays.sort(depths);
        near = Math.max(1e-9, NEAR * (depths[depths.length / 2] + back));
    }

    /** Sideways shift and distance. */
    private static double[] fit(double[] x, double[] z, double t) {
        double[] plus = new double[x.length];
        double[] minus = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            plus[i] = x[i] - t * z[i];
            minus[i] = -x[i] - t * z[i];
        }
        double a = most(plus);
        double b = most(minus);
        return new double[] {(a - b) / 2, (a + b) / 2 / t};
    }

    private static double most(double[] values) {
        Arrays.sort(values);
        return values[(int) Math.round(INSIDE * (values.length - 1))];
    }

    private double[][] survey(PointSource points) throws IOException {
        int step = Math.ceilDiv(points.count(), SURVEYED);
        double[][] places = new double[3][Math.ceilDiv(points.count(), step)];
        int[] seen = new int[1];
        double[] place = new double[3];
        points.forEach(p -> {
            if (seen[0] % step == 0) {
                turn(p.x, p.y, p.z, place);
                for (int i = 0; i < 3; i++) {
                    places[i][seen[0] / step] = place[i];
                }
            }
            seen[0]++;
        });
        return places;
    }

    private void turn(double x, double y, double z, double[] out) {
        for (int i = 0; i < 3; i++) {
            out[i] = x * axes[i][0] + y * axes[i][1] + z * axes[i][2];
        }
    }
}
