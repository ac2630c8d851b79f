package dev.fathom.tools.output;

/**
 * PNG's filters (PNG specification, 9.2): each byte less what its neighbours let expect of it. Done before compressing,
 * because differences are small numbers.
 */
enum PngFilter {
    /** Number 1: less the pixel to the left. */
    SUB(1) {
        @Override
        void apply(byte[] row, byte[] above, int pixel, byte[] out, int at) {
            for (int i = 0; i < row.length - pixel; i++) {
                out[at + i] = (byte) (row[pixel + i] - row[i]);
            }
        }
    },
    /** Number 2: less the pixel above. */
    UP(2) {
        @Override
        void apply(byte[] row, byte[] above, int pixel, byte[] out, int at) {
            for (int i = 0; i < row.length - pixel; i++) {
                out[at + i] = (byte) (row[pixel + i] - above[pixel + i]);
            }
        }
    },
    /** Number 3: less the mean of both, rounded down. */
    AVERAGE(3) {
        @Override
        void apply(byte[] row, byte[] above, int pixel, byte[] out, int at) {
            for (int i = 0; i < row.length - pixel; i++) {
                out[at + i] = (byte) (row[pixel + i] - ((row[i] & 0xFF) + (above[pixel + i] & 0xFF) >> 1));
            }
        }
    },
    /** Number 4: less the one of left, above and above left that is nearest to left + above - above left. */
    PAETH(4) {
        @Override
        void apply(byte[] row, byte[] above, int pixel, byte[] out, int at) {
            for (int i = 0; i < row.length - pixel; i++) {
                int a = row[i] & 0xFF;
                int b = above[pixel + i] & 0xFF;
                int c = above[i] & 0xFF;
                int toA = Math.abs(b - c);
                int toB = Math.abs(a - c);
                int toC = Math.abs(a + b - c - c);
                int least = Math.min(toA, Math.min(toB, toC));
                // All ones where a (or b) is farther: no branch, whose way nobody could foretell.
                int notA = least - toA >> 31;
                int notB = least - toB >> 31;
                int nearest = a & ~notA | notA & (b & ~notB | c & notB);
                out[at + i] = (byte) (row[pixel + i] - nearest);
            }
        }
    };

    private final int number;

    PngFilter(int number) {
        this.number = number;
    }

    /** How the filter is called in a file: the byte before the row. */
    byte number() {
        return (byte) number;
    }

    /**
     * Filters a row.
     *
     * @param row   the row's bytes behind one pixel of zeros; {@code above} the row before it alike, or only zeros
     * @param pixel bytes of a pixel
     * @param out   where to, from {@code at} on: a pixel's bytes less than {@code row} is long
     */
    abstract void apply(byte[] row, byte[] above, int pixel, byte[] out, int at);
}
