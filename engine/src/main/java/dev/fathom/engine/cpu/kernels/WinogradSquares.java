package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.kernels.GemmTile.ROW_STEP;

import java.lang.foreign.MemorySegment;

/**
 * The squares that {@link Winograd}'s algorithm cuts a picture into, 4 x 4 output pixels each, and the way of the 6 x 6
 * input pixels under them into transformed form.
 *
 * <p>Neighbouring squares share a third of their pixels. So squares of one row are taken together: a strip of six rows
 * of the picture goes through the first half of the transform once, contiguous memory throughout, and the second half
 * reads overlapping windows of what came out. Rows and columns beyond the edge are zeros.
 *
 * <p>In the room that a group of squares is given: the strip, a row of zeros, then the packed rows. A packed row of
 * {@link GemmTile} has space for several places of one square if there are few channels.
 *
 * @param group    squares that are transformed at a time, at most
 * @param squaresH rows of squares in a picture, {@code squaresW} columns
 */
record WinogradSquares(Patches image, int group, int squaresH, int squaresW) {
    private static final int SIDE = 4;
    private static final int WINDOW = 6;

    static WinogradSquares of(Patches image, int group) {
        return new WinogradSquares(image, group, GemmPlan.ceil(image.outH(), SIDE), GemmPlan.ceil(image.outW(), SIDE));
    }

    int count() {
        return image.pictures() * squaresH * squaresW;
    }

    /** How many of {@code count} squares from this one on lie in its row. */
    int run(int square, int count) {
        return Math.min(count, squaresW - square % squaresW);
    }

    int picture(int square) {
        return square / squaresW / squaresH;
    }

    /** The first output row of a square, {@link #x} its first column. */
    int y(int square) {
        return square / squaresW % squaresH * SIDE;
    }

    int x(int square) {
        return square % squaresW * SIDE;
    }

    private long pixelBytes() {
        return (long) image.channels() * Float.BYTES;
    }

    private long lineBytes() {
        return (SIDE * (long) group + WINDOW - SIDE) * pixelBytes();
    }

    private long rowsAt() {
        return (WINDOW + 1) * lineBytes();
    }

    /** Places of a square that lie in one packed row. */
    private int perRow() {
        return Math.max(1, GemmTile.DEPTH / image.channels());
    }

    /** Where the packed rows of a place begin. */
    long placeAt(int place) {
        return rowsAt() + place / perRow() * (group * ROW_STEP) + place % perRow() * pixelBytes();
    }

    /** Bytes of a group's room. */
    long roomBytes() {
        // The tile looks at whole rows, so one more than there are.
        return rowsAt() + (GemmPlan.ceil(Winograd.PLACES, perRow()) * (long) group + 1) * ROW_STEP;
    }

    /** Writes what every group of a task reads: the zeros. */
    void prepare(MemorySegment room) {
        Lines.zero(Raw.address(room, WINDOW * lineBytes(), lineBytes()), (int) (lineBytes() / Float.BYTES));
    }

    /** Transforms {@code count} squares, at most a group: square i goes to row i of every place. */
    void transform(int first, int count, MemorySegment room) {
        for (int done = 0; done < count; ) {
            int run = run(first + done, count - done);
            strip(first + done, run, room);
            for (int i = 0; i < WINDOW; i++) {
                WinogradLoops.across(Raw.address(room, i * lineBytes(), lineBytes()), (int) pixelBytes(), run,
                    target(6 * i, done, run, room), target(6 * i + 1, done, run, room),
                    target(6 * i + 2, done, run, room), target(6 * i + 3, done, run, room),
                    target(6 * i + 4, done, run, room), target(6 * i + 5, done, run, room), ROW_STEP);
            }
            done += run;
        }
    }

    private long target(int place, int square, int run, MemorySegment room) {
        return Raw.address(room, placeAt(place) + square * ROW_STEP, (run - 1) * ROW_STEP + pixelBytes());
    }

    /** The first half of the transform of some squares beside each other. */
    private void strip(int square, int run, MemorySegment room) {
        int columns = SIDE * run + WINDOW - SIDE;
        int top = y(square) - image.padH();
        int left = x(square) - image.padW();
        int from = Math.clamp(-(long) left, 0, columns);
        int to = Math.clamp((long) image.width() - left, from, columns);
        long pixel = pixelBytes();
        long line = lineBytes();
        long strip = Raw.address(room, 0, WINDOW * line);
        for (int i = 0; i < WINDOW; i++) {
            if (from > 0) {
                Lines.zero(strip + i * line, from * image.channels());
            }
            if (to < columns) {
                Lines.zero(strip + i * line + to * pixel, (columns - to) * image.channels());
            }
        }
        if (to == from) {
            return;
        }
        long bytes = (to - from) * pixel;
        long zeros = Raw.address(room, WINDOW * line, bytes);
        long[] row = new long[WINDOW];
        for (int i = 0; i < WINDOW; i++) {
            int y = top + i;
            long start = ((picture(square) * (long) image.height() + y) * image.width() + left + from) * pixel;
            row[i] = y < 0 || y >= image.height() ? zeros : Raw.address(image.image(), start, bytes);
        }
        WinogradLoops.down(row[0], row[1], row[2], row[3], row[4], row[5], (int) bytes, image.relu(),
            strip + from * pixel, line);
    }
}
