package dev.fathom.tools.points;

import dev.fathom.engine.errors.FathomException;
import java.util.Locale;

/**
 * Where a surface ends. A network draws the edge of a thing as a steep slope to what is behind it, and such a slope is
 * seen almost along itself: between two neighbouring pixels the surface is broken where the line between their points
 * makes a small angle with the ray of sight, or where one is much farther than the other.
 *
 * <p>The angle means the same at every size of a photo; the jump between neighbours becomes smaller the more pixels
 * there are.
 */
public final class EdgeCut {
    /** Breaks nothing. */
    public static final EdgeCut NONE = new EdgeCut(Double.POSITIVE_INFINITY, 0);
    /** A tenth. */
    static final double STANDARD_JUMP = 0.1;
    /** A floor seen from 1.5 m above it is whole up to 28 m. */
    static final double STANDARD_DEGREES = 3;
    /** What is cut where nothing else is said. */
    public static final EdgeCut STANDARD = new EdgeCut(STANDARD_JUMP, STANDARD_DEGREES);

    private final double jump;
    private final double degrees;
    /** Of the sine. */
    private final double square;

    /**
     * @param jump the farther depth over the nearer, less 1, beyond which they are apart; infinite for any
     * @param degrees the least angle between surface and ray; 0 for any
     * @throws FathomException if the jump is not above 0, or the angle not from 0 to below 90
     */
    public EdgeCut(double jump, double degrees) {
        if (!(jump > 0)) {
            throw new FathomException("An edge's jump of " + jump + " makes no sense; it is above 0, 0.1 for a tenth.");
        }
        if (!(degrees >= 0 && degrees < 90)) {
            throw new FathomException("An edge's angle of " + degrees
                    + " degrees makes no sense; it is from 0 to below 90.");
        }
        this.jump = jump;
        this.degrees = degrees;
        this.square = Math.pow(Math.sin(Math.toRadians(degrees)), 2);
    }

    /** Whether it breaks anything. */
    public boolean cuts() {
        return jump < Double.POSITIVE_INFINITY || degrees > 0;
    }

    /** Whether the surface is broken between two pixels that have depths. */
    public boolean broken(DepthFrame frame, int i, int j) {
        double near = Math.min(frame.depth()[i], frame.depth()[j]);
        double dz = (double) frame.depth()[j] - frame.depth()[i];
        if (Math.abs(dz) > jump * near) {
            return true;
        }
        if (degrees == 0) {
            return false;
        }
        double dx = frame.x(j) - frame.x(i);
        double dy = frame.y(j) - frame.y(i);
        // The ray of sight to the middle between both points, twice as long.
        double rx = frame.x(j) + frame.x(i);
        double ry = frame.y(j) + frame.y(i);
        double rz = (double) frame.depth()[j] + frame.depth()[i];
        double cx = dy * rz - dz * ry;
        double cy = dz * rx - dx * rz;
        double cz = dx * ry - dy * rx;
        return cx * cx + cy * cy + cz * cz
                < square * (dx * dx + dy * dy + dz * dz) * (rx * rx + ry * ry + rz * rz);
    }

    /**
     * Whether a pixel's point hangs between a near thing and a far one: broken off on both sides along its row or its
     * column, and in depth between them. The rim of a thing holds on to the thing, and something one pixel wide is
     * nearer than both sides, so both stay.
     */
    public boolean hangs(DepthFrame frame, int i) {
        int column = i % frame.width();
        int row = i / frame.width();
        return column > 0 && column < frame.width() - 1 && between(frame, i - 1, i, i + 1)
                || row > 0 && row < frame.height() - 1 && between(frame, i - frame.width(), i, i + frame.width());
    }

    private boolean between(DepthFrame frame, int before, int i, int after) {
        float[] depth = frame.depth();
        return frame.valid(before) && frame.valid(after)
                && Math.signum(depth[i] - depth[before]) * Math.signum(depth[after] - depth[i]) > 0
                && broken(frame, before, i) && broken(frame, i, after);
    }

    /** For people and for the comments of a file. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "where neighbours are more than %s apart or the surface is seen at less than"
                + " %s degrees", Double.isInfinite(jump) ? "any part" : trimmed(100 * jump) + " %", trimmed(degrees));
    }

    private static String trimmed(double value) {
        return String.format(Locale.ROOT, "%.3f", value).replaceFirst("\\.?0+$", "");
    }
}
