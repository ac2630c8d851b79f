package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * The register tile of {@link GemmTile} for a row-major A that writes its result straight into C:
 *
 * <pre>C = D + (start + A[., 0] B[0, .] + A[., 1] B[1, .] + ...)</pre>
 *
 * <p>Rows of A are read where they are, at any distance, so that A need not be copied. (From two of them and
 * multiples of the distance: with eight addresses the compiler runs out of registers.)
 * {@code start} is a line: a bias, or zeros. D is a residual, or C itself where another block of K was there before, or
 * zeros (all rows the same line: a distance of 0 between them). Its loads are under way while the last multiplications
 * end; as a pass of its own over the finished tile each would wait for memory.
 *
 * <p>Addresses are those of {@link Raw}: checked by the caller. As in GemmTile all code is written out, and the result
 * of an element does not depend on the tile it is in. More than this in one method does not fit: the first of the two
 * JIT compilers then gives up, and the method stays in the interpreter for a hundred seconds.
 */
final class GemmRows {
    /** Address of a line of zeros. */
    static final long ZEROS = Arena.global().allocate(PANEL_STEP, 64).address();

    /** As {@link Raw#REACH}, for a row to which the distance of three rows is added. */
    private static final long ROOM = Raw.REACH >> 1;
    private static final long STEP = Raw.REACH >> 3;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

    private GemmRows() {
    }

    /**
     * c[r, :] = d[r, :] + (start[:] + sum over k of a[r, k] b[k, :]) for {@code height} rows of a tile.
     *
     * @param a      the first of ROWS rows of A, {@code aStep} bytes apart
     * @param height how many of them count, 1 to ROWS
     * @param b      packed panel of B, {@code depth} lines PANEL_STEP apart
     * @param depth  0 to DEPTH
     * @param c      receives the tile, rows {@code step} bytes apart; all ROWS rows of it must exist, what is written
     *               beyond {@code height} means nothing
     * @param d      what is added last, ROWS rows {@code dStep} bytes apart
     * @param start  what is added first, one line for all rows
     */
    static void sum(long a, long aStep, int height, long b, int depth, long c, long step, long d, long dStep,
                    long start) {
        if (height <= GemmTile.FEW) {
            sum4(a, aStep, b, depth, c, step, d, dStep, start);
        } else if (ROWS == 8) {
            sum8(a, aStep, b, depth, c, step, d, dStep, start);
        } else {
            sum6(a, aStep, b, depth, c, step, d, dStep, start);
        }
    }

    /** Eight rows: machines with 32 vector registers. */
    private static void sum8(long a, long aStep, long b, int depth, long c, long step, long d,
                             long dStep, long start) {
        long fourth = a + 4 * aStep;
        long line = start & Raw.REACH;
        FloatVector startLeft = FloatVector.fromMemorySegment(F32, Raw.ALL, line, ORDER);
        FloatVector startRight = FloatVector.fromMemorySegment(F32, Raw.ALL, line + BYTES, ORDER);
        FloatVector c0l = startLeft, c0r = startRight,
                c1l = startLeft, c1r = startRight,
                c2l = startLeft, c2r = startRight,
                c3l = startLeft, c3r = startRight,
                c4l = startLeft, c4r = startRight,
                c5l = startLeft, c5r = startRight,
                c6l = startLeft, c6r = startRight,
                c7l = startLeft, c7r = startRight;
        long one = aStep & STEP;
        long two = 2 * one;
        long three = 3 * one;
        for (int k = 0; k < depth; k++) {
            long bk = (b + (long) k * PANEL_STEP) & Raw.REACH;
            long ak = (a + (long) k * Float.BYTES) & ROOM;
            long al = (fourth + (long) k * Float.BYTES) & ROOM;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + one));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + two));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + three));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
            FloatVector x4 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, al));
            c4l = x4.fma(left, c4l);
            c4r = x4.fma(right, c4r);
            FloatVector x5 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, al + one));
            c5l = x5.fma(left, c5l);
            c5r = x5.fma(right, c5r);
            FloatVector x6 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, al + two));
            c6l = x6.fma(left, c6l);
            c6r = x6.fma(right, c6r);
            FloatVector x7 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, al + three));
            c7l = x7.fma(left, c7l);
            c7r = x7.fma(right, c7r);
        }
        long to0 = c & Raw.REACH;
        long d0 = d & Raw.REACH;
        c0l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d0, ORDER))
            .intoMemorySegment(Raw.ALL, to0, ORDER);
        c0r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d0 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to0 + BYTES, ORDER);
        long to1 = (c + step) & Raw.REACH;
        long d1 = (d + dStep) & Raw.REACH;
        c1l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d1, ORDER))
            .intoMemorySegment(Raw.ALL, to1, ORDER);
        c1r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d1 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to1 + BYTES, ORDER);
        long to2 = (c + 2 * step) & Raw.REACH;
        long d2 = (d + 2 * dStep) & Raw.REACH;
        c2l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d2, ORDER))
            .intoMemorySegment(Raw.ALL, to2, ORDER);
        c2r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d2 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to2 + BYTES, ORDER);
        long to3 = (c + 3 * step) & Raw.REACH;
        long d3 = (d + 3 * dStep) & Raw.REACH;
        c3l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d3, ORDER))
            .intoMemorySegment(Raw.ALL, to3, ORDER);
        c3r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d3 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to3 + BYTES, ORDER);
        long to4 = (c + 4 * step) & Raw.REACH;
        long d4 = (d + 4 * dStep) & Raw.REACH;
        c4l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d4, ORDER))
            .intoMemorySegment(Raw.ALL, to4, ORDER);
        c4r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d4 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to4 + BYTES, ORDER);
        long to5 = (c + 5 * step) & Raw.REACH;
        long d5 = (d + 5 * dStep) & Raw.REACH;
        c5l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d5, ORDER))
            .intoMemorySegment(Raw.ALL, to5, ORDER);
        c5r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d5 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to5 + BYTES, ORDER);
        long to6 = (c + 6 * step) & Raw.REACH;
        long d6 = (d + 6 * dStep) & Raw.REACH;
        c6l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d6, ORDER))
            .intoMemorySegment(Raw.ALL, to6, ORDER);
        c6r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d6 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to6 + BYTES, ORDER);
        long to7 = (c + 7 * step) & Raw.REACH;
        long d7 = (d + 7 * dStep) & Raw.REACH;
        c7l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d7, ORDER))
            .intoMemorySegment(Raw.ALL, to7, ORDER);
        c7r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d7 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to7 + BYTES, ORDER);
    }

    /** Six rows: machines with 16 vector registers. */
    private static void sum6(long a, long aStep, long b, int depth, long c, long step, long d,
                             long dStep, long start) {
        long fourth = a + 4 * aStep;
        long line = start & Raw.REACH;
        FloatVector startLeft = FloatVector.fromMemorySegment(F32, Raw.ALL, line, ORDER);
        FloatVector startRight = FloatVector.fromMemorySegment(F32, Raw.ALL, line + BYTES, ORDER);
        FloatVector c0l = startLeft, c0r = startRight,
                c1l = startLeft, c1r = startRight,
                c2l = startLeft, c2r = startRight,
                c3l = startLeft, c3r = startRight,
                c4l = startLeft, c4r = startRight,
                c5l = startLeft, c5r = startRight;
        long one = aStep & STEP;
        long two = 2 * one;
        long three = 3 * one;
        for (int k = 0; k < depth; k++) {
            long bk = (b + (long) k * PANEL_STEP) & Raw.REACH;
            long ak = (a + (long) k * Float.BYTES) & ROOM;
            long al = (fourth + (long) k * Float.BYTES) & ROOM;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + one));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + two));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + three));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
            FloatVector x4 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, al));
            c4l = x4.fma(left, c4l);
            c4r = x4.fma(right, c4r);
            FloatVector x5 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, al + one));
            c5l = x5.fma(left, c5l);
            c5r = x5.fma(right, c5r);
        }
        long to0 = c & Raw.REACH;
        long d0 = d & Raw.REACH;
        c0l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d0, ORDER))
            .intoMemorySegment(Raw.ALL, to0, ORDER);
        c0r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d0 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to0 + BYTES, ORDER);
        long to1 = (c + step) & Raw.REACH;
        long d1 = (d + dStep) & Raw.REACH;
        c1l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d1, ORDER))
            .intoMemorySegment(Raw.ALL, to1, ORDER);
        c1r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d1 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to1 + BYTES, ORDER);
        long to2 = (c + 2 * step) & Raw.REACH;
        long d2 = (d + 2 * dStep) & Raw.REACH;
        c2l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d2, ORDER))
            .intoMemorySegment(Raw.ALL, to2, ORDER);
        c2r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d2 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to2 + BYTES, ORDER);
        long to3 = (c + 3 * step) & Raw.REACH;
        long d3 = (d + 3 * dStep) & Raw.REACH;
        c3l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d3, ORDER))
            .intoMemorySegment(Raw.ALL, to3, ORDER);
        c3r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d3 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to3 + BYTES, ORDER);
        long to4 = (c + 4 * step) & Raw.REACH;
        long d4 = (d + 4 * dStep) & Raw.REACH;
        c4l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d4, ORDER))
            .intoMemorySegment(Raw.ALL, to4, ORDER);
        c4r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d4 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to4 + BYTES, ORDER);
        long to5 = (c + 5 * step) & Raw.REACH;
        long d5 = (d + 5 * dStep) & Raw.REACH;
        c5l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d5, ORDER))
            .intoMemorySegment(Raw.ALL, to5, ORDER);
        c5r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d5 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to5 + BYTES, ORDER);
    }

    /** Up to four rows: the last rows of C, where the large tile would multiply mostly padding. */
    private static void sum4(long a, long aStep, long b, int depth, long c, long step, long d,
                             long dStep, long start) {
        long line = start & Raw.REACH;
        FloatVector startLeft = FloatVector.fromMemorySegment(F32, Raw.ALL, line, ORDER);
        FloatVector startRight = FloatVector.fromMemorySegment(F32, Raw.ALL, line + BYTES, ORDER);
        FloatVector c0l = startLeft, c0r = startRight,
                c1l = startLeft, c1r = startRight,
                c2l = startLeft, c2r = startRight,
                c3l = startLeft, c3r = startRight;
        long one = aStep & STEP;
        long two = 2 * one;
        long three = 3 * one;
        for (int k = 0; k < depth; k++) {
            long bk = (b + (long) k * PANEL_STEP) & Raw.REACH;
            long ak = (a + (long) k * Float.BYTES) & ROOM;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + one));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + two));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + three));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
        }
        long to0 = c & Raw.REACH;
        long d0 = d & Raw.REACH;
        c0l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d0, ORDER))
            .intoMemorySegment(Raw.ALL, to0, ORDER);
        c0r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d0 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to0 + BYTES, ORDER);
        long to1 = (c + step) & Raw.REACH;
        long d1 = (d + dStep) & Raw.REACH;
        c1l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d1, ORDER))
            .intoMemorySegment(Raw.ALL, to1, ORDER);
        c1r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d1 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to1 + BYTES, ORDER);
        long to2 = (c + 2 * step) & Raw.REACH;
        long d2 = (d + 2 * dStep) & Raw.REACH;
        c2l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d2, ORDER))
            .intoMemorySegment(Raw.ALL, to2, ORDER);
        c2r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d2 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to2 + BYTES, ORDER);
        long to3 = (c + 3 * step) & Raw.REACH;
        long d3 = (d + 3 * dStep) & Raw.REACH;
        c3l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d3, ORDER))
            .intoMemorySegment(Raw.ALL, to3, ORDER);
        c3r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, d3 + BYTES, ORDER))
            .intoMemorySegment(Raw.ALL, to3 + BYTES, ORDER);
    }
}
