package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.cpu.Lanes;
import jdk.incubator.vector.FloatVector;

/**
 * The register tiles of attention: all its multiplications happen here. A tile is ROWS x {@link #COLUMNS} sums in
 * vector registers; each step of the sum takes two vectors of B and, for each row, one element of A in all lanes, as in
 * {@link GemmTile}.
 *
 * <p>Two forms, by where A's elements lie, because only distances that are constants become part of the machine
 * instruction:
 * <ul>
 * <li>{@link #panel}: A in panels, the ROWS elements of a step side by side. B and C are blocks with the queries in the
 * lanes, whose rows are {@link #QUERY_STEP} bytes apart. For scores, their gradients, and the sums over keys.
 * <li>{@link #rows}: A is such a block itself, and the sum runs along its rows: over queries. For the gradients of keys
 * and values.
 * </ul>
 *
 * <p>Sums begin at zero and what they are added to comes last. Begun with loads, the loop's vectors ended in boxes on
 * the heap in about half of all processes (JDK 25; it depends on what was compiled before), at a third of the speed.
 *
 * <p>Addresses are absolute ({@link Raw}): the callers check the ranges of whole blocks once. Loads and stores are
 * written out, not wrapped in short methods: the JIT compiler stops inlining such methods in code with this many vector
 * operations.
 */
final class AttentionTiles {
    /** Rows of a tile: as many as registers allow, see {@link GemmTile}. */
    static final int ROWS = GemmTile.ROWS == 8 ? 8 : 4;
    /** Columns of a tile: two vectors. */
    static final int COLUMNS = 2 * Lanes.FLOATS;
    /** Queries in a block: two tiles side by side. */
    static final int QUERIES = 2 * COLUMNS;
    /** Bytes from one row of a block of queries to the next. */
    static final long QUERY_STEP = 4L * QUERIES;
    /** Bytes from one step of a panel to the next. */
    static final long PANEL_STEP = 4L * ROWS;

    private AttentionTiles() {
    }

    /**
     * to[r][c] = from[r][c] + sum over k of a[k][r] b[k][c].
     *
     * @param from     what is added to; rows {@code fromStep} bytes apart, 0 if it is the same for all rows
     * @param to       the result, rows QUERY_STEP apart; may be {@code from}
     */
    static void panel(long a, long b, int depth, long from, long fromStep, long to) {
        if (ROWS == 8) {
            panel8(a, b, depth, from, fromStep, to);
        } else {
            panel4(a, b, depth, from, fromStep, to);
        }
    }

    /**
     * at[r][c] += sum over k of a[r][k] b[k][c].
     *
     * @param a     rows QUERY_STEP apart
     * @param bStep bytes from one row of b to the next
     * @param step  bytes from one row of the result to the next
     */
    static void rows(long a, long b, long bStep, int depth, long at, long step) {
        if (ROWS == 8) {
            rows8(a, b, bStep, depth, at, step);
        } else {
            rows4(a, b, bStep, depth, at, step);
        }
    }

    private static void panel8(long a, long b, int depth, long from, long fromStep, long to) {
        FloatVector c0l = FloatVector.zero(F32);
        FloatVector c0r = FloatVector.zero(F32);
        FloatVector c1l = FloatVector.zero(F32);
        FloatVector c1r = FloatVector.zero(F32);
        FloatVector c2l = FloatVector.zero(F32);
        FloatVector c2r = FloatVector.zero(F32);
        FloatVector c3l = FloatVector.zero(F32);
        FloatVector c3r = FloatVector.zero(F32);
        FloatVector c4l = FloatVector.zero(F32);
        FloatVector c4r = FloatVector.zero(F32);
        FloatVector c5l = FloatVector.zero(F32);
        FloatVector c5r = FloatVector.zero(F32);
        FloatVector c6l = FloatVector.zero(F32);
        FloatVector c6r = FloatVector.zero(F32);
        FloatVector c7l = FloatVector.zero(F32);
        FloatVector c7r = FloatVector.zero(F32);
        for (int k = 0; k < depth; k++) {
            long bk = (b + k * QUERY_STEP) & Raw.REACH;
            long ak = (a + k * PANEL_STEP) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 4));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 8));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 12));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
            FloatVector x4 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 16));
            c4l = x4.fma(left, c4l);
            c4r = x4.fma(right, c4r);
            FloatVector x5 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 20));
            c5l = x5.fma(left, c5l);
            c5r = x5.fma(right, c5r);
            FloatVector x6 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 24));
            c6l = x6.fma(left, c6l);
            c6r = x6.fma(right, c6r);
            FloatVector x7 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 28));
            c7l = x7.fma(left, c7l);
            c7r = x7.fma(right, c7r);
        }
        long f = from & Raw.REACH;
        long t = to & Raw.REACH;
        c0l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c0r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c1l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + QUERY_STEP, ORDER);
        c1r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + QUERY_STEP + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c2l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + 2 * QUERY_STEP, ORDER);
        c2r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + 2 * QUERY_STEP + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c3l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + 3 * QUERY_STEP, ORDER);
        c3r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + 3 * QUERY_STEP + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c4l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + 4 * QUERY_STEP, ORDER);
        c4r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + 4 * QUERY_STEP + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c5l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + 5 * QUERY_STEP, ORDER);
        c5r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + 5 * QUERY_STEP + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c6l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + 6 * QUERY_STEP, ORDER);
        c6r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + 6 * QUERY_STEP + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c7l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + 7 * QUERY_STEP, ORDER);
        c7r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + 7 * QUERY_STEP + BYTES, ORDER);
    }

    private static void panel4(long a, long b, int depth, long from, long fromStep, long to) {
        FloatVector c0l = FloatVector.zero(F32);
        FloatVector c0r = FloatVector.zero(F32);
        FloatVector c1l = FloatVector.zero(F32);
        FloatVector c1r = FloatVector.zero(F32);
        FloatVector c2l = FloatVector.zero(F32);
        FloatVector c2r = FloatVector.zero(F32);
        FloatVector c3l = FloatVector.zero(F32);
        FloatVector c3r = FloatVector.zero(F32);
        for (int k = 0; k < depth; k++) {
            long bk = (b + k * QUERY_STEP) & Raw.REACH;
            long ak = (a + k * PANEL_STEP) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 4));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 8));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 12));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
        }
        long f = from & Raw.REACH;
        long t = to & Raw.REACH;
        c0l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c0r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c1l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + QUERY_STEP, ORDER);
        c1r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + QUERY_STEP + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c2l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + 2 * QUERY_STEP, ORDER);
        c2r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + 2 * QUERY_STEP + BYTES, ORDER);
        f = (f + fromStep) & Raw.REACH;
        c3l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f, ORDER))
                .intoMemorySegment(Raw.ALL, t + 3 * QUERY_STEP, ORDER);
        c3r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, f + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + 3 * QUERY_STEP + BYTES, ORDER);
    }

    private static void rows8(long a, long b, long bStep, int depth, long at, long step) {
        FloatVector c0l = FloatVector.zero(F32);
        FloatVector c0r = FloatVector.zero(F32);
        FloatVector c1l = FloatVector.zero(F32);
        FloatVector c1r = FloatVector.zero(F32);
        FloatVector c2l = FloatVector.zero(F32);
        FloatVector c2r = FloatVector.zero(F32);
        FloatVector c3l = FloatVector.zero(F32);
        FloatVector c3r = FloatVector.zero(F32);
        FloatVector c4l = FloatVector.zero(F32);
        FloatVector c4r = FloatVector.zero(F32);
        FloatVector c5l = FloatVector.zero(F32);
        FloatVector c5r = FloatVector.zero(F32);
        FloatVector c6l = FloatVector.zero(F32);
        FloatVector c6r = FloatVector.zero(F32);
        FloatVector c7l = FloatVector.zero(F32);
        FloatVector c7r = FloatVector.zero(F32);
        for (int k = 0; k < depth; k++) {
            long bk = (b + k * bStep) & Raw.REACH;
            long ak = (a + 4L * k) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + QUERY_STEP));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 2 * QUERY_STEP));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 3 * QUERY_STEP));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
            FloatVector x4 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 4 * QUERY_STEP));
            c4l = x4.fma(left, c4l);
            c4r = x4.fma(right, c4r);
            FloatVector x5 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 5 * QUERY_STEP));
            c5l = x5.fma(left, c5l);
            c5r = x5.fma(right, c5r);
            FloatVector x6 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 6 * QUERY_STEP));
            c6l = x6.fma(left, c6l);
            c6r = x6.fma(right, c6r);
            FloatVector x7 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 7 * QUERY_STEP));
            c7l = x7.fma(left, c7l);
            c7r = x7.fma(right, c7r);
        }
        long t = at & Raw.REACH;
        c0l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c0r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c1l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c1r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c2l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c2r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c3l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c3r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c4l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c4r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c5l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c5r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c6l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c6r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c7l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c7r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
    }

    private static void rows4(long a, long b, long bStep, int depth, long at, long step) {
        FloatVector c0l = FloatVector.zero(F32);
        FloatVector c0r = FloatVector.zero(F32);
        FloatVector c1l = FloatVector.zero(F32);
        FloatVector c1r = FloatVector.zero(F32);
        FloatVector c2l = FloatVector.zero(F32);
        FloatVector c2r = FloatVector.zero(F32);
        FloatVector c3l = FloatVector.zero(F32);
        FloatVector c3r = FloatVector.zero(F32);
        for (int k = 0; k < depth; k++) {
            long bk = (b + k * bStep) & Raw.REACH;
            long ak = (a + 4L * k) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + QUERY_STEP));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 2 * QUERY_STEP));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(Floats.LAYOUT, ak + 3 * QUERY_STEP));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
        }
        long t = at & Raw.REACH;
        c0l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c0r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c1l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c1r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c2l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c2r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
        t = (t + step) & Raw.REACH;
        c3l.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t, ORDER))
                .intoMemorySegment(Raw.ALL, t, ORDER);
        c3r.add(FloatVector.fromMemorySegment(F32, Raw.ALL, t + BYTES, ORDER))
                .intoMemorySegment(Raw.ALL, t + BYTES, ORDER);
    }
}
