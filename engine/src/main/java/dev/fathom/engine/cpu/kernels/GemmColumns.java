package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.GemmTile.LINE_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * The register tile of a transposed A, packed in groups, that writes its sums straight into C: see {@link GemmRows}.
 */
final class GemmColumns {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);

    private GemmColumns() {
    }

    /**
     * c[r, :] = d[r, :] + (start[:] + sum over k of a[r, k] b[k, :]) for all ROWS rows of a tile. Addresses, checked by
     * the caller; what follows is as in {@link GemmRows#sum}.
     *
     * @param a packed group, at the tile's first row in its first line
     */
    static void sum(long a, long b, int depth, long c, long step, long d, long dStep, long start) {
        if (ROWS == 8) {
            sum8(a, b, depth, c, step, d, dStep, start);
        } else {
            sum6(a, b, depth, c, step, d, dStep, start);
        }
    }

    /** Eight rows: machines with 32 vector registers. */
    private static void sum8(long a, long b, int depth, long c, long step, long d,
                             long dStep, long start) {
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
        for (int k = 0; k < depth; k++) {
            long bk = (b + (long) k * PANEL_STEP) & Raw.REACH;
            long ak = (a + (long) k * LINE_STEP) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 4));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 8));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 12));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
            FloatVector x4 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 16));
            c4l = x4.fma(left, c4l);
            c4r = x4.fma(right, c4r);
            FloatVector x5 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 20));
            c5l = x5.fma(left, c5l);
            c5r = x5.fma(right, c5r);
            FloatVector x6 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 24));
            c6l = x6.fma(left, c6l);
            c6r = x6.fma(right, c6r);
            FloatVector x7 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 28));
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
    private static void sum6(long a, long b, int depth, long c, long step, long d,
                             long dStep, long start) {
        long line = start & Raw.REACH;
        FloatVector startLeft = FloatVector.fromMemorySegment(F32, Raw.ALL, line, ORDER);
        FloatVector startRight = FloatVector.fromMemorySegment(F32, Raw.ALL, line + BYTES, ORDER);
        FloatVector c0l = startLeft, c0r = startRight,
                c1l = startLeft, c1r = startRight,
                c2l = startLeft, c2r = startRight,
                c3l = startLeft, c3r = startRight,
                c4l = startLeft, c4r = startRight,
                c5l = startLeft, c5r = startRight;
        for (int k = 0; k < depth; k++) {
            long bk = (b + (long) k * PANEL_STEP) & Raw.REACH;
            long ak = (a + (long) k * LINE_STEP) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 4));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 8));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 12));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
            FloatVector x4 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 16));
            c4l = x4.fma(left, c4l);
            c4r = x4.fma(right, c4r);
            FloatVector x5 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 20));
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
}
