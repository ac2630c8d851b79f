package dev.fathom.tools.output;

/**
 * The pixels of a PNG, a row at a time, so that a large picture need not exist as a whole to be written. Called from
 * several threads at once, for some rows twice.
 */
@FunctionalInterface
public interface PngRows {
    /**
     * Writes row {@code y} as PNG stores it: pixel after pixel, samples of 16 bits with the high byte first.
     *
     * @param row where to, from {@code at} on
     */
    void read(int y, byte[] row, int at);
}
