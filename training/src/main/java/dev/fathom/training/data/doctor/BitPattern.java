package dev.fathom.training.data.doctor;

/**
 * Whether 16-bit numbers make a smoother map when their bits are turned, or their bytes exchanged.
 *
 * <p>SUN RGB-D stores millimetres rotated left by 3 bits: read as they stand they are eight times too far, all
 * multiples of 8, and beyond 8.191 m they begin again near 0. The other way round, a plain map that is turned for no
 * reason is torn into eight bands.
 *
 * @param perMetre see {@link RawNumbers}
 * @param asRead share of neighbours that are apart by more than a tenth, as the numbers stand
 * @param turned the same for the best other reading
 * @param bits how far the best other reading is rotated to the right, 1 to 15; 8 is the exchange of the bytes
 * @param emptyBits how many of the lowest bits are 0 in nearly all numbers
 * @param other median of the best other reading, in metres of the same unit; of the reading without its lowest bits
 *     where none is better
 */
public record BitPattern(int perMetre, double asRead, double turned, int bits, int emptyBits, double other) {
    /** Neighbours: the next depth in the row that is not farther away than this. */
    private static final int REACH = 6;
    private static final int PAIRS = 20_000;
    /** Share of the numbers whose lowest bits must be 0. */
    private static final double NEARLY_ALL = 0.95;
    /** Exchanged bytes, SUN RGB-D's rotation and its reverse. */
    private static final int[] COMMON = {8, 3, 13};

    /** Neighbours, and how many: a run over the map that is the same for every reading. */
    private record Pairs(char[] a, char[] b, int size) {
    }

    static BitPattern of(RawNumbers raw, int width) {
        Pairs pairs = pairs(raw.values(), width);
        double asRead = jumps(pairs, 0);
        double[] jumps = new double[16];
        int best = 1;
        for (int bits = 1; bits < 16; bits++) {
            jumps[bits] = jumps(pairs, bits);
            best = jumps[bits] < jumps[best] ? bits : best;
        }
        // Small numbers are as smooth when they are turned a little farther: what is common is meant.
        for (int common : COMMON) {
            if (jumps[common] <= 1.1 * jumps[best] + 0.002) {
                best = common;
                break;
            }
        }
        double least = jumps[best];
        int empty = emptyBits(raw.values());
        return new BitPattern(raw.perMetre(), asRead, least, best, empty,
                median(raw.values(), least < asRead ? best : empty) / raw.perMetre());
    }

    private static int turn(int value, int bits) {
        return (value >> bits | value << 16 - bits) & 0xFFFF;
    }

    private static Pairs pairs(char[] values, int width) {
        int stride = Math.max(1, values.length / PAIRS);
        char[] a = new char[values.length / stride + 1];
        char[] b = new char[a.length];
        int n = 0;
        for (int i = 0; i < values.length; i += stride) {
            int end = Math.min(i + REACH, i / width * width + width - 1);
            int next = i + 1;
            while (next <= end && values[next] == 0) {
                next++;
            }
            if (values[i] != 0 && next <= end) {
                a[n] = values[i];
                b[n++] = values[next];
            }
        }
        return new Pairs(a, b, n);
    }

    private static double jumps(Pairs pairs, int bits) {
        int jumps = 0;
        for (int i = 0; i < pairs.size; i++) {
            int a = turn(pairs.a[i], bits);
            int b = turn(pairs.b[i], bits);
            jumps += 10 * Math.abs(a - b) > Math.max(a, b) ? 1 : 0;
        }
        return pairs.size == 0 ? 0 : jumps / (double) pairs.size;
    }

    private static int emptyBits(char[] values) {
        int[] zeros = new int[17];
        int n = 0;
        for (char value : values) {
            if (value != 0) {
                n++;
                zeros[Integer.numberOfTrailingZeros(value)]++;
            }
        }
        int least = n;
        for (int bits = 0; bits < 16; bits++) {
            least -= zeros[bits];
            if (least < NEARLY_ALL * n) {
                return bits;
            }
        }
        return 0;
    }

    private static double median(char[] values, int bits) {
        int[] counts = new int[1 << 16];
        int n = 0;
        for (char value : values) {
            if (value != 0) {
                counts[turn(value, bits)]++;
                n++;
            }
        }
        int seen = 0;
        for (int v = 0; v < counts.length; v++) {
            seen += counts[v];
            if (2 * seen >= n) {
                return v;
            }
        }
        return 0;
    }
}
