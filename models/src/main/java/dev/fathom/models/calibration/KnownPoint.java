package dev.fathom.models.calibration;

/**
 * A pixel whose distance is known.
 *
 * @param picture which picture it is in, as it was named
 * @param x       column, 0 is the leftmost pixel's centre; {@code y} row, 0 the top one's
 * @param metres  depth along the camera's axis, more than 0
 * @param d       what the relative model gives there
 */
public record KnownPoint(String picture, double x, double y, double metres, double d) {
    public KnownPoint {
        if (!(metres > 0) || metres == Double.POSITIVE_INFINITY || !Double.isFinite(d)) {
            throw new IllegalArgumentException(metres + " m at d = " + d);
        }
    }

    /** {@code 320,240 of photo.jpg}. */
    public String place() {
        return number(x) + "," + number(y) + " of " + picture;
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
