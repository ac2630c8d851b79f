package dev.fathom.models.camera;

import dev.fathom.engine.errors.FathomException;

/**
 * A pinhole camera: the pixel (u, v) at depth z is the point X = (u - cx) z / fx, Y = (v - cy) z / fy, Z = z.
 *
 * <p>u and v are whole numbers at the centres of pixels, so the middle of a picture of W columns is (W - 1) / 2. (Depth
 * Anything's own point clouds take W / 2, half a pixel beside it.) X points right, Y down, Z forward; depth is along Z,
 * not along the ray.
 *
 * @param fx focal length in columns, {@code fy} in rows, both above 0
 * @param cx column of the principal point, {@code cy} its row
 */
public record Intrinsics(double fx, double fy, double cx, double cy) {
    /** @throws FathomException if a number is not finite, or a focal length is not above 0 */
    public Intrinsics {
        if (!(fx > 0 && fy > 0 && Double.isFinite(fx) && Double.isFinite(fy) && Double.isFinite(cx)
                && Double.isFinite(cy))) {
            throw new FathomException("A camera with focal lengths " + fx + " and " + fy + " and principal point (" + cx
                    + ", " + cy + ") makes no sense; focal lengths are above 0, in pixels.");
        }
    }

    /** A camera with square pixels that looks through the middle of its picture. */
    public static Intrinsics centred(double focal, int width, int height) {
        return new Intrinsics(focal, focal, (width - 1) / 2.0, (height - 1) / 2.0);
    }

    /**
     * The same from a horizontal field of view.
     *
     * @param degrees above 0, below 180: the angle between the outer edges of the first and the last column
     */
    public static Intrinsics ofFieldOfView(double degrees, int width, int height) {
        if (!(degrees > 0 && degrees < 180)) {
            throw new FathomException("A field of view of " + degrees + " degrees makes no sense; it is above 0 and"
                    + " below 180.");
        }
        return centred(width / (2 * Math.tan(Math.toRadians(degrees) / 2)), width, height);
    }

    /**
     * The same from a lens and its sensor, whose longer side lies along the picture's longer side.
     *
     * @param focalMm millimetres, as on the lens itself; {@code sensorMm} the sensor's longer side
     */
    public static Intrinsics ofLens(double focalMm, double sensorMm, int width, int height) {
        if (!(focalMm > 0 && sensorMm > 0)) {
            throw new FathomException("A lens of " + focalMm + " mm before a sensor of " + sensorMm
                    + " mm makes no sense; both are above 0.");
        }
        return centred(focalMm / sensorMm * Math.max(width, height), width, height);
    }

    /**
     * The same from the focal length that shows as much on a frame of 36 x 24 mm, compared by the diagonals: what
     * makers of cameras write into EXIF (CIPA DCG-001), and what Depth Pro reads it as.
     *
     * @param millimetres above 0
     */
    public static Intrinsics ofFocal35(double millimetres, int width, int height) {
        return centred(millimetres / Math.hypot(36, 24) * Math.hypot(width, height), width, height);
    }

    /**
     * For the picture resized from W x H to other sizes: edges stay edges, so that a pixel's centre moves by half of
     * the difference in scale.
     */
    public Intrinsics scaled(double columns, double rows) {
        return new Intrinsics(fx * columns, fy * rows, (cx + 0.5) * columns - 0.5, (cy + 0.5) * rows - 0.5);
    }

    /** For the picture without its first columns and rows. */
    public Intrinsics cropped(int left, int top) {
        return new Intrinsics(fx, fy, cx - left, cy - top);
    }

    /** For the picture mirrored left to right. */
    public Intrinsics flipped(int width) {
        return new Intrinsics(fx, fy, width - 1 - cx, cy);
    }

    /** The horizontal field of view of a picture of this width, degrees. */
    public double fieldOfView(int width) {
        return Math.toDegrees(Math.atan((cx + 0.5) / fx) + Math.atan((width - 0.5 - cx) / fx));
    }
}
