package dev.fathom.training.synth;

import java.util.ArrayList;
import java.util.List;

/** Where things stand on the floor, as turned rectangles: pieces must neither overlap nor crowd the camera. */
final class Floor {
    /** A turned rectangle: middle, half sizes, angle. */
    record Footprint(double x, double y, double halfX, double halfY, double yaw) {

        /** Distance from a point to the rectangle, 0 inside. */
        double distance(double px, double py) {
            double cos = Math.cos(yaw);
            double sin = Math.sin(yaw);
            double lx = Math.abs(cos * (px - x) + sin * (py - y)) - halfX;
            double ly = Math.abs(cos * (py - y) - sin * (px - x)) - halfY;
            return Math.hypot(Math.max(lx, 0), Math.max(ly, 0));
        }

        /** Whether two rectangles overlap: they do unless an edge of one of them separates the two. */
        boolean overlaps(Footprint other) {
            return !separates(other) && !other.separates(this);
        }

        private boolean separates(Footprint o) {
            double cos = Math.cos(yaw);
            double sin = Math.sin(yaw);
            double dx = cos * (o.x - x) + sin * (o.y - y);
            double dy = cos * (o.y - y) - sin * (o.x - x);
            double c = Math.abs(Math.cos(o.yaw - yaw));
            double s = Math.abs(Math.sin(o.yaw - yaw));
            return Math.abs(dx) > halfX + c * o.halfX + s * o.halfY
                || Math.abs(dy) > halfY + s * o.halfX + c * o.halfY;
        }

        /**
         * Half the extent of the rectangle along the room's x axis, and with the angle turned by 90 degrees along y.
         */
        double reach(double angle) {
            return Math.abs(Math.cos(yaw - angle)) * halfX + Math.abs(Math.sin(yaw - angle)) * halfY;
        }
    }

    private final double width;
    private final double length;
    private final List<Footprint> standing = new ArrayList<>();

    Floor(double width, double length) {
        this.width = width;
        this.length = length;
    }

    /** Whether {@code f} is inside the room and clear of everything that stands. */
    boolean free(Footprint f) {
        double rx = f.reach(0);
        double ry = f.reach(Math.PI / 2);
        if (f.x - rx < 0 || f.x + rx > width || f.y - ry < 0 || f.y + ry > length) {
            return false;
        }
        Footprint roomy = new Footprint(f.x, f.y, f.halfX + 0.06, f.halfY + 0.06, f.yaw);
        return standing.stream().noneMatch(roomy::overlaps);
    }

    void stand(Footprint f) {
        standing.add(f);
    }
}
