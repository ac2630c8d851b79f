package dev.fathom.tools.points;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;

/** A point for each pixel that has a depth, row by row, and the triangles between them. */
public final class GridPoints implements PointSource {
    private final DepthFrame frame;
    private final EdgeCut cut;
    private final EdgeCut sides;
    private final BitSet kept = new BitSet();
    private final int withDepth;
    private final int tooFar;

    /**
     * @param cut of what hangs between things, and of triangles across edges
     * @param farthest points beyond are left out
     */
    public GridPoints(DepthFrame frame, EdgeCut cut, double farthest) {
        this.frame = frame;
        this.cut = cut;
        // A piece of surface never reaches over an edge, even where the points of the edge are wanted.
        this.sides = cut.cuts() ? cut : EdgeCut.STANDARD;
        int valid = 0;
        int far = 0;
        for (int i = 0; i < frame.depth().length; i++) {
            if (!frame.valid(i)) {
                continue;
            }
            valid++;
            if (frame.depth()[i] > farthest) {
                far++;
            } else if (!cut.cuts() || !cut.hangs(frame, i)) {
                kept.set(i);
            }
        }
        withDepth = valid;
        tooFar = far;
    }

    @Override
    public int count() {
        return kept.cardinality();
    }

    /** How many pixels have a depth. */
    public int withDepth() {
        return withDepth;
    }

    /** How many of them are too far. */
    public int tooFar() {
        return tooFar;
    }

    /** How many of them hang between things. */
    public int hanging() {
        return withDepth - tooFar - count();
    }

    /** The points' picture and camera. */
    public DepthFrame frame() {
        return frame;
    }

    @Override
    public void forEach(Sink sink) throws IOException {
        Point point = new Point();
        int width = frame.width();
        for (int i = kept.nextSetBit(0); i >= 0; i = kept.nextSetBit(i + 1)) {
            int column = i % width;
            point.x = frame.x(i);
            point.y = frame.y(i);
            point.z = frame.depth()[i];
            point.colour(frame.picture().rgb(), i);
            rims(point.rims[Point.LEFT], point.rims[Point.RIGHT], i, column > 0 ? i - 1 : -1,
                    column < width - 1 ? i + 1 : -1, 0);
            rims(point.rims[Point.ABOVE], point.rims[Point.BELOW], i, i - width,
                    i + width < frame.depth().length ? i + width : -1, 1);
            normal(point);
            sink.accept(point);
        }
    }

    /**
     * Along one axis the piece of surface around a point: to both sides it reaches halfway to the next point, unless
     * that is broken off. Then it goes on as on the other side, but no farther than its pixel is wide, because a
     * surface turns away at its rim; a point by itself is as wide as its pixel, straight across the view.
     */
    private void rims(double[] to, double[] from, int i, int before, int after, int axis) {
        boolean one = before >= 0 && kept.get(before) && !sides.broken(frame, before, i);
        boolean other = after >= 0 && kept.get(after) && !sides.broken(frame, i, after);
        double half = frame.depth()[i] / (axis == 0 ? frame.camera().fx() : frame.camera().fy()) / 2;
        if (one) {
            halfway(i, before, to);
        }
        if (other) {
            halfway(i, after, from);
        }
        if (!one && !other) {
            Arrays.fill(from, 0);
            from[axis] = half;
        }
        if (!one) {
            opposite(from, half, to);
        }
        if (one && !other) {
            opposite(to, half, from);
        }
    }

    private void halfway(int from, int to, double[] out) {
        out[0] = (frame.x(to) - frame.x(from)) / 2;
        out[1] = (frame.y(to) - frame.y(from)) / 2;
        out[2] = ((double) frame.depth()[to] - frame.depth()[from]) / 2;
    }

    private static void opposite(double[] of, double most, double[] out) {
        double length = Math.sqrt(of[0] * of[0] + of[1] * of[1] + of[2] * of[2]);
        double scale = -Math.min(1, most / length);
        for (int k = 0; k < out.length; k++) {
            out[k] = scale * of[k];
        }
    }

    /** From the piece's middle lines, right to left and down to up. */
    private static void normal(Point point) {
        double[][] rims = point.rims;
        double ax = rims[Point.RIGHT][0] - rims[Point.LEFT][0];
        double ay = rims[Point.RIGHT][1] - rims[Point.LEFT][1];
        double az = rims[Point.RIGHT][2] - rims[Point.LEFT][2];
        double bx = rims[Point.BELOW][0] - rims[Point.ABOVE][0];
        double by = rims[Point.BELOW][1] - rims[Point.ABOVE][1];
        double bz = rims[Point.BELOW][2] - rims[Point.ABOVE][2];
        point.normal(by * az - bz * ay, bz * ax - bx * az, bx * ay - by * ax);
    }

    /** Is shown each triangle in turn: the numbers of three points, counter-clockwise as the camera sees them. */
    interface Triangles {
        void accept(int a, int b, int c) throws IOException;
    }

    /** How many triangles there are. */
    int triangles() throws IOException {
        int[] count = new int[1];
        forEachTriangle((a, b, c) -> count[0]++);
        return count[0];
    }

    /**
     * Shows all triangles between neighbouring points of one surface. A square of four is parted along the diagonal
     * whose ends are nearer to each other in depth; of three points one triangle is left.
     */
    void forEachTriangle(Triangles sink) throws IOException {
        int width = frame.width();
        int[] above = new int[width];
        int[] below = new int[width];
        int number = numbers(0, 0, below);
        for (int row = 0; row + 1 < frame.height(); row++) {
            int[] swap = above;
            above = below;
            below = swap;
            number = numbers(row + 1, number, below);
            for (int column = 0; column + 1 < width; column++) {
                square(row * width + column, above[column], above[column + 1], below[column], below[column + 1], sink);
            }
        }
    }

    /** The numbers of the points of a row, -1 where there is none; returns the next row's first. */
    private int numbers(int row, int first, int[] out) {
        int number = first;
        for (int column = 0; column < out.length; column++) {
            out[column] = kept.get(row * out.length + column) ? number++ : -1;
        }
        return number;
    }

    /** The square below and to the right of pixel i; a b above, c d below. */
    private void square(int i, int a, int b, int c, int d, Triangles sink) throws IOException {
        int j = i + 1;
        int k = i + frame.width();
        int l = k + 1;
        float[] z = frame.depth();
        boolean falling = a >= 0 && d >= 0 && (b < 0 || c < 0 || Math.abs(z[i] - z[l]) < Math.abs(z[j] - z[k]));
        if (falling) {
            triangle(i, k, l, a, c, d, sink);
            triangle(i, l, j, a, d, b, sink);
        } else {
            triangle(i, k, j, a, c, b, sink);
            triangle(j, k, l, b, c, d, sink);
        }
    }

    private void triangle(int i, int j, int k, int a, int b, int c, Triangles sink) throws IOException {
        if (a >= 0 && b >= 0 && c >= 0 && !cut.broken(frame, i, j) && !cut.broken(frame, j, k)
                && !cut.broken(frame, k, i)) {
            sink.accept(a, b, c);
        }
    }
}
