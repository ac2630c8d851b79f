package dev.fathom.training.data.doctor;

import dev.fathom.models.image.Picture;

/**
 * A picture in 16 x 16 numbers, to find it again: recompressed, resized, a little brighter or darker.
 *
 * @param hash one bit for each of 8 x 8 places: whether it is brighter than its neighbour to the right (a difference
 *     hash)
 * @param cells [16,16], mean brightness, 0..255
 * @param digest of all pixels and the size: the same for the same picture only
 */
public record Thumbnail(long hash, byte[] cells, long digest) {
    private static final int SIDE = 16;
    /** Below this standard deviation a picture has nothing to be known by. */
    private static final double FLAT = 3;
    /** Bits that may differ in a copy. */
    private static final int BITS = 10;

    static Thumbnail of(Picture picture) {
        byte[] cells = new byte[SIDE * SIDE];
        double[] sums = new double[SIDE * SIDE];
        int[] counts = new int[SIDE * SIDE];
        byte[] rgb = picture.rgb();
        for (int y = 0; y < picture.height(); y++) {
            int row = y * SIDE / picture.height() * SIDE;
            for (int x = 0; x < picture.width(); x++) {
                int cell = row + x * SIDE / picture.width();
                sums[cell] += Grid.luma(rgb, 3 * (y * picture.width() + x));
                counts[cell]++;
            }
        }
        for (int i = 0; i < cells.length; i++) {
            cells[i] = (byte) (counts[i] == 0 ? 0 : Math.round(sums[i] / counts[i] / 256));
        }
        return new Thumbnail(hash(cells), cells, Digest.of(rgb, picture.width()));
    }

    /** Of rows 0, 2, ... 14 and every second column but the last against the next but one. */
    private static long hash(byte[] cells) {
        long hash = 0;
        for (int y = 0; y < 8; y++) {
            for (int x = 0; x < 8; x++) {
                int left = cells[2 * y * SIDE + 2 * x] & 0xFF;
                int right = cells[2 * y * SIDE + (x < 7 ? 2 * x + 2 : 0)] & 0xFF;
                hash = hash << 1 | (left > right ? 1 : 0);
            }
        }
        return hash;
    }

    /** The mirrored picture's, whose digest is not known. */
    Thumbnail mirrored() {
        byte[] turned = new byte[cells.length];
        for (int i = 0; i < turned.length; i++) {
            turned[i] = cells[i / SIDE * SIDE + SIDE - 1 - i % SIDE];
        }
        return new Thumbnail(hash(turned), turned, 0);
    }

    /** How alike two pictures are: the correlation of their cells, or -1 where the hashes show that they are not. */
    double likeness(Thumbnail other) {
        return Long.bitCount(hash ^ other.hash) > BITS ? -1 : correlation(cells, other.cells);
    }

    private static double correlation(byte[] a, byte[] b) {
        double n = a.length;
        double sumA = 0;
        double sumB = 0;
        double sumAa = 0;
        double sumBb = 0;
        double sumAb = 0;
        for (int i = 0; i < a.length; i++) {
            int u = a[i] & 0xFF;
            int v = b[i] & 0xFF;
            sumA += u;
            sumB += v;
            sumAa += u * u;
            sumBb += v * v;
            sumAb += u * v;
        }
        double varianceA = sumAa / n - sumA / n * (sumA / n);
        double varianceB = sumBb / n - sumB / n * (sumB / n);
        return Math.min(varianceA, varianceB) < FLAT * FLAT ? -1
                : (sumAb / n - sumA / n * (sumB / n)) / Math.sqrt(varianceA * varianceB);
    }
}
