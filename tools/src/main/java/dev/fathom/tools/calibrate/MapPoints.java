package dev.fathom.tools.calibrate;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.calibration.KnownPoint;
import dev.fathom.models.depthanything.DepthMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a model gives at pixels of known depth. */
final class MapPoints {
    private MapPoints() {
    }

    /**
     * The points with the model's number at each, bilinear between pixels.
     *
     * @param picture its name, for messages and the calibration
     * @throws FathomException if a point is outside of the picture, or the model gives nothing there
     */
    static List<KnownPoint> of(DepthMap map, String picture, List<TypedPoint> points) {
        List<KnownPoint> known = new ArrayList<>();
        for (TypedPoint point : points) {
            if (!inside(map, point)) {
                throw new FathomException(String.format(Locale.ROOT, "The point %s,%s is outside of %s, which is %d x %d"
                        + " pixels (columns 0 to %d, rows 0 to %d, as the picture is seen); check that the column comes"
                        + " first.", number(point.x()), number(point.y()), picture, map.width(), map.height(),
                        map.width() - 1, map.height() - 1));
            }
            double d = at(map, point.x(), point.y());
            if (!says(d)) {
                throw new FathomException(String.format(Locale.ROOT, "At the point %s,%s of %s the model gives %s, its"
                        + " least, which means at any distance beyond what it tells apart (sky); leave this point out.",
                        number(point.x()), number(point.y()), picture, number(d)));
            }
            known.add(new KnownPoint(picture, point.x(), point.y(), point.metres(), d));
        }
        return known;
    }

    static boolean inside(DepthMap map, TypedPoint point) {
        return point.x() >= 0 && point.y() >= 0 && point.x() <= map.width() - 1 && point.y() <= map.height() - 1;
    }

    /** Whether a number of a relative model says how far something is: 0 is where its ReLU cuts off. */
    static boolean says(double d) {
        return d > 0 && Double.isFinite(d);
    }

    /** Bilinear; x and y are inside. */
    static double at(DepthMap map, double x, double y) {
        int left = Math.min((int) x, Math.max(0, map.width() - 2));
        int top = Math.min((int) y, Math.max(0, map.height() - 2));
        double right = x - left;
        double down = y - top;
        double upper = mix(map.at(left, top), right == 0 ? 0 : map.at(left + 1, top), right);
        double lower = down == 0 ? 0 : mix(map.at(left, top + 1), right == 0 ? 0 : map.at(left + 1, top + 1), right);
        return mix(upper, lower, down);
    }

    private static double mix(double a, double b, double share) {
        return share == 0 ? a : a + share * (b - a);
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
