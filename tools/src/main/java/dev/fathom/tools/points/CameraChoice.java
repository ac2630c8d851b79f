package dev.fathom.tools.points;

import dev.fathom.models.camera.Intrinsics;
import java.util.Locale;

/**
 * A picture's camera and where it is known from.
 *
 * @param camera of the picture's size
 * @param width of the picture, {@code height} likewise
 * @param from for people: {@code --fov 60}
 */
record CameraChoice(Intrinsics camera, int width, int height, String from) {
    /** {@code fx 554.26 fy 554.26 cx 319.5 cy 239.5 pixels of 640 x 480 (60.0 degrees across), from --fov 60}. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "fx %s fy %s cx %s cy %s pixels of %d x %d (%.1f degrees across), from %s",
                number(camera.fx()), number(camera.fy()), number(camera.cx()), number(camera.cy()), width, height,
                camera.fieldOfView(width), from);
    }

    /** With two digits behind the point, or fewer where they say as much. */
    static String number(double value) {
        return String.format(Locale.ROOT, "%.2f", value).replaceFirst("\\.?0+$", "");
    }
}
