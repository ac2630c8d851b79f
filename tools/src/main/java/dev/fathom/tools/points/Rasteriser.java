package dev.fathom.tools.points;

import dev.fathom.models.image.Picture;

/**
 * Draws flat pieces of surface into a picture, the nearest in front (z-buffer, Catmull 1974). Four samples a pixel make
 * smooth rims.
 *
 * <p>Coordinates are the view's: x right, y down, z forward from the camera. Of a piece 1/z is linear over the picture,
 * so that is what is kept and compared.
 */
final class Rasteriser {
    /** Samples a pixel along each axis. */
    private static final int SAMPLES = 2;
    /** Pieces overlap a little, so that rounding leaves no cracks between them. */
    private static final double OVERLAP = 1.1;
    /** Samples so near outside a piece's sides belong to it: a piece smaller than a sample still is one. */
    private static final double SLACK = 0.5;
    /** Colours of the background at its upper and lower rim. */
    private static final int[] ABOVE = {38, 42, 50};
    private static final int[] BELOW = {76, 82, 92};

    private final int width;
    private final int height;
    private final double focal;
    private final float[] nearness;
    private final int[] colours;
    /** Corners in samples, in turn around the piece, and the nearness at each. */
    private final double[] cx = new double[4];
    private final double[] cy = new double[4];
    private final double[] cn = new double[4];

    /**
     * @param width of the picture, {@code height} likewise
     * @param focal length in its pixels
     */
    Rasteriser(int width, int height, double focal) {
        this.width = width * SAMPLES;
        this.height = height * SAMPLES;
        this.focal = focal * SAMPLES;
        this.nearness = new float[Math.multiplyExact(this.width, this.height)];
        this.colours = new int[nearness.length];
    }

    /**
     * Draws a piece.
     *
     * @param at its middle
     * @param rims from there to its rims, as in {@link Point#rims}
     * @param near pieces that reach nearer are not drawn
     * @param rgb its colour
     */
    void draw(double[] at, double[][] rims, double near, int rgb) {
        for (int corner = 0; corner < 4; corner++) {
            double[] side = rims[corner == 0 || corner == 3 ? Point.LEFT : Point.RIGHT];
            double[] end = rims[corner < 2 ? Point.ABOVE : Point.BELOW];
            double z = at[2] + OVERLAP * (side[2] + end[2]);
            if (z < near) {
                return;
            }
            cn[corner] = 1 / z;
            cx[corner] = width / 2.0 + focal * (at[0] + OVERLAP * (side[0] + end[0])) / z;
            cy[corner] = height / 2.0 + focal * (at[1] + OVERLAP * (side[1] + end[1])) / z;
        }
        int left = (int) Math.max(0, Math.ceil(min(cx) - 0.5 - SLACK));
        int right = (int) Math.min(width - 1, Math.floor(max(cx) - 0.5 + SLACK));
        int top = (int) Math.max(0, Math.ceil(min(cy) - 0.5 - SLACK));
        int bottom = (int) Math.min(height - 1, Math.floor(max(cy) - 0.5 + SLACK));
        if (left <= right && top <= bottom) {
            fill(left, right, top, bottom, rgb);
        }
    }

    private void fill(int left, int right, int top, int bottom, int rgb) {
        // How 1/z grows along x and y, from the two diagonals.
        double ux = cx[2] - cx[0];
        double uy = cy[2] - cy[0];
        double vx = cx[3] - cx[1];
        double vy = cy[3] - cy[1];
        double area = ux * vy - uy * vx;
        double middle = (cn[0] + cn[1] + cn[2] + cn[3]) / 4;
        double low = min(cn);
        double high = max(cn);
        boolean flat = Math.abs(area) > 1e-9;
        double gx = flat ? ((cn[2] - cn[0]) * vy - (cn[3] - cn[1]) * uy) / area : 0;
        double gy = flat ? ((cn[3] - cn[1]) * ux - (cn[2] - cn[0]) * vx) / area : 0;
        double mx = (cx[0] + cx[1] + cx[2] + cx[3]) / 4;
        double my = (cy[0] + cy[1] + cy[2] + cy[3]) / 4;
        double turn = area >= 0 ? 1 : -1;
        for (int y = top; y <= bottom; y++) {
            for (int x = left; x <= right; x++) {
                if (!inside(x + 0.5, y + 0.5, turn)) {
                    continue;
                }
                float n = (float) Math.clamp(middle + gx * (x + 0.5 - mx) + gy * (y + 0.5 - my), low, high);
                int i = y * width + x;
                if (n > nearness[i]) {
                    nearness[i] = n;
                    colours[i] = rgb;
                }
            }
        }
    }

    /** Whether a place is on the inner side of all four sides, or at most the slack beyond. */
    private boolean inside(double x, double y, double turn) {
        for (int i = 0; i < 4; i++) {
            int j = i + 1 & 3;
            double ex = cx[j] - cx[i];
            double ey = cy[j] - cy[i];
            double beyond = turn * (ey * (x - cx[i]) - ex * (y - cy[i]));
            if (beyond > 0 && beyond * beyond > SLACK * SLACK * (ex * ex + ey * ey)) {
                return false;
            }
        }
        return true;
    }

    /** What was drawn, before the background. */
    Picture picture() {
        Picture picture = Picture.blank(width / SAMPLES, height / SAMPLES);
        byte[] rgb = picture.rgb();
        for (int y = 0, pixel = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++, pixel++) {
                for (int channel = 0; channel < 3; channel++) {
                    int sum = 0;
                    for (int s = 0; s < SAMPLES * SAMPLES; s++) {
                        int row = y * SAMPLES + s / SAMPLES;
                        int i = row * width + x * SAMPLES + s % SAMPLES;
                        sum += nearness[i] > 0 ? colours[i] >> 16 - 8 * channel & 0xFF : background(row, channel);
                    }
                    rgb[3 * pixel + channel] = (byte) Math.round(sum / (float) (SAMPLES * SAMPLES));
                }
            }
        }
        return picture;
    }

    private int background(int row, int channel) {
        return ABOVE[channel] + Math.round((BELOW[channel] - ABOVE[channel]) * row / (float) height);
    }

    private static double min(double[] v) {
        return Math.min(Math.min(v[0], v[1]), Math.min(v[2], v[3]));
    }

    private static double max(double[] v) {
        return Math.max(Math.max(v[0], v[1]), Math.max(v[2], v[3]));
    }
}
