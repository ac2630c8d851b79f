package dev.fathom.tools.points;

/**
 * A point with its colour and the piece of surface that it stands for. One object is used for all points, one after the
 * other.
 *
 * <p>The camera is at the origin; x points right, y down, z forward. Lengths have the depth's unit.
 */
public final class Point {
    /** Places in {@link #rims}. */
    static final int LEFT = 0;
    static final int RIGHT = 1;
    static final int ABOVE = 2;
    static final int BELOW = 3;

    double x;
    double y;
    double z;
    /** 0 .. 255. */
    int red;
    int green;
    int blue;
    /** Of length 1, towards the camera. */
    double nx;
    double ny;
    double nz;
    /** From the point to the rim of its piece, at the left, the right, above and below: halfway to its neighbours. */
    final double[][] rims = new double[4][3];

    void colour(byte[] rgb, int pixel) {
        red = rgb[3 * pixel] & 0xFF;
        green = rgb[3 * pixel + 1] & 0xFF;
        blue = rgb[3 * pixel + 2] & 0xFF;
    }

    /** The normal in a direction of any length; towards the camera if there is none. */
    void normal(double dx, double dy, double dz) {
        double length = Math.sqrt(dx * dx + dy * dy + dz * dz);
        nx = length > 0 ? dx / length : 0;
        ny = length > 0 ? dy / length : 0;
        nz = length > 0 ? dz / length : -1;
    }
}
