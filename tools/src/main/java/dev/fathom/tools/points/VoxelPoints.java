package dev.fathom.tools.points;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.util.Arrays;

/**
 * Thinned points: of all points in a cube of a grid the mean place, colour and normal. The cubes are in the order of
 * their first points, and sums are taken in the order of all, so the same points always give the same bytes.
 */
public final class VoxelPoints implements PointSource {
    /** Bits of a cube's number along each axis. */
    private static final int BITS = 21;
    private static final long MOST = 1L << BITS - 1;
    /** Sums of each cube: place, colour, normal, how many, how far the pieces of its points reach. */
    private static final int SUMS = 11;
    private static final double REACH = 0.7;

    private final double size;
    private int count;
    private double[] sums = new double[SUMS * 1024];
    /** Hash table with open addressing: the number of the cube and, less 1, where its sums are; 0 is a free place. */
    private long[] keys = new long[4096];
    private int[] places = new int[4096];

    /**
     * Thins.
     *
     * @param size of a cube's side
     * @throws FathomException if the cubes are too small to be counted
     */
    public VoxelPoints(PointSource points, double size) throws IOException {
        this.size = size;
        points.forEach(this::add);
        keys = null;
        places = null;
    }

    private void add(Point point) {
        int at = SUMS * place(cube(point.x) << 2 * BITS | cube(point.y) << BITS | cube(point.z));
        sums[at] += point.x;
        sums[at + 1] += point.y;
        sums[at + 2] += point.z;
        sums[at + 3] += point.red;
        sums[at + 4] += point.green;
        sums[at + 5] += point.blue;
        sums[at + 6] += point.nx;
        sums[at + 7] += point.ny;
        sums[at + 8] += point.nz;
        sums[at + 9]++;
        sums[at + 10] += Math.max(length(point.rims[Point.RIGHT]), length(point.rims[Point.BELOW]));
    }

    private long cube(double coordinate) {
        double number = Math.floor(coordinate / size);
        if (!(Math.abs(number) < MOST)) {
            throw new FathomException("Cubes of " + size + " are too small for a point that is " + Math.abs(coordinate)
                    + " away: more than a million in a row; choose a larger --voxel, or leave out what is far with"
                    + " --farthest.");
        }
        return (long) number + MOST;
    }

    private int place(long key) {
        int slot = slot(key);
        if (places[slot] == 0) {
            keys[slot] = key;
            places[slot] = ++count;
            if (SUMS * count > sums.length) {
                sums = Arrays.copyOf(sums, Math.multiplyExact(2, sums.length));
            }
            if (2 * count > keys.length) {
                grow();
                return count - 1;
            }
        }
        return places[slot] - 1;
    }

    private int slot(long key) {
        long mixed = key * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed ^ mixed >>> 32) & keys.length - 1;
        while (places[slot] != 0 && keys[slot] != key) {
            slot = slot + 1 & keys.length - 1;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldPlaces = places;
        keys = new long[Math.multiplyExact(2, oldKeys.length)];
        places = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldPlaces[i] != 0) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                places[slot] = oldPlaces[i];
            }
        }
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public void forEach(Sink sink) throws IOException {
        Point point = new Point();
        for (int i = 0; i < count; i++) {
            int at = SUMS * i;
            double n = sums[at + 9];
            point.x = sums[at] / n;
            point.y = sums[at + 1] / n;
            point.z = sums[at + 2] / n;
            point.red = (int) Math.round(sums[at + 3] / n);
            point.green = (int) Math.round(sums[at + 4] / n);
            point.blue = (int) Math.round(sums[at + 5] / n);
            point.normal(sums[at + 6], sums[at + 7], sums[at + 8]);
            sides(point, Math.max(REACH * size, sums[at + 10] / n));
            sink.accept(point);
        }
    }

    /**
     * A square at right angles to the normal. It reaches as far as a cube is from its diagonal neighbours, nearly,
     * because their means may be so far apart; and as far as the pieces of its points do, where these are larger than
     * cubes.
     */
    private static void sides(Point point, double half) {
        // Any direction that is not the normal's own: the axis that it has least of.
        boolean flat = Math.abs(point.nx) <= Math.abs(point.ny);
        double hx = flat ? 1 : 0;
        double hy = flat ? 0 : 1;
        double along = hx * point.nx + hy * point.ny;
        double[] a = point.rims[Point.RIGHT];
        rims(half, a, point.rims[Point.LEFT], hx - along * point.nx, hy - along * point.ny, -along * point.nz);
        rims(half, point.rims[Point.BELOW], point.rims[Point.ABOVE], point.ny * a[2] - point.nz * a[1],
                point.nz * a[0] - point.nx * a[2], point.nx * a[1] - point.ny * a[0]);
    }

    private static void rims(double half, double[] out, double[] opposite, double dx, double dy, double dz) {
        double scale = half / Math.sqrt(dx * dx + dy * dy + dz * dz);
        out[0] = dx * scale;
        out[1] = dy * scale;
        out[2] = dz * scale;
        for (int k = 0; k < out.length; k++) {
            opposite[k] = -out[k];
        }
    }

    private static double length(double[] v) {
        return Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    }
}
