package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;

import dev.fathom.engine.cpu.Lanes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import jdk.incubator.vector.FloatVector;

/**
 * The register tile of the matrix product. {@link GemmRows} and {@link GemmColumns} are the same tile with its result
 * written straight into C.
 *
 * <p>A tile is {@link #ROWS} x {@link #COLUMNS} elements of C, held in vector registers over a whole block of K. For
 * each k it loads one line of B (two vectors) and multiplies it by one element of A per row (a broadcast): 2 x ROWS
 * fused multiply-adds for ROWS + 2 loads, so that the multipliers, not the loads, are the limit. Every element of C is
 * one chain of fused multiply-adds in the order of k, whatever the shape of the tile: tails and full tiles give the
 * same bits.
 *
 * <p>Operands are packed. A: rows of at most {@link #DEPTH} floats at the <em>constant</em> distance
 * {@link #ROW_STEP}, so that a row is an immediate in the machine code; packing a row-major A is then a plain copy of
 * rows. 25 cache lines, an odd number, keeps the rows in different cache sets. A transposed A is packed in groups of
 * {@link #GROUP} rows, line k of a group holding one element of each: again a plain copy. B: panels of COLUMNS columns,
 * line after line, zero beyond the last column.
 *
 * <p>No helper methods in here: past a certain size of method the compiler stops inlining ordinary calls, and one call
 * that takes a vector would put all sums into boxes on the heap (a sixth of the speed).
 *
 * <p>ROWS is 8 where there are 32 vector registers (16 sums, 2 of B, 1 of A; AVX-512, NEON) and 6 where there are 16
 * (AVX2, SSE). 8 divides the channel counts of every model here; 12 would be as fast and would not.
 */
final class GemmTile {
    /** Rows of a tile. */
    static final int ROWS = manyRegisters() ? 8 : 6;
    /** Columns of a tile and of a panel of B: two vectors. */
    static final int COLUMNS = 2 * Lanes.FLOATS;
    /** The longest block of K. */
    static final int DEPTH = 384;
    /** Bytes from one packed row of A to the next. */
    static final long ROW_STEP = (DEPTH + 16) * (long) Float.BYTES;
    /** Bytes from one line of a packed panel of B, or of a finished tile, to the next. */
    static final long PANEL_STEP = 2L * Lanes.BYTES;
    /** Bytes of a finished tile. */
    static final long TILE_BYTES = ROWS * PANEL_STEP;

    /** Rows of a packed group of a transposed A. */
    static final int GROUP = 2 * ROWS;
    /** Bytes from one line of a packed group to the next. */
    static final long LINE_STEP = GROUP * (long) Float.BYTES;
    /** Bytes of a packed group. */
    static final long GROUP_BYTES = DEPTH * LINE_STEP;

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(Lanes.ORDER);
    /** A tile of at most this many rows has a kernel of its own. */
    static final int FEW = 4;

    private GemmTile() {
    }

    /**
     * tile[r, c] = sum over k of a[r, k] b[k, c] for {@code rows} rows (1 to ROWS) and all COLUMNS columns.
     *
     * @param a     packed rows of A, ROW_STEP apart; ROWS of them must exist (what is in rows beyond {@code rows} is
     *              multiplied but means nothing)
     * @param b     packed panel of B, {@code depth} lines
     * @param depth 0 to DEPTH
     * @param tile  receives TILE_BYTES: the tile, PANEL_STEP a row
     */
    static void multiply(MemorySegment a, long aOffset, MemorySegment b, long bOffset, int rows, int depth,
                         MemorySegment tile, long tileOffset) {
        if (depth > DEPTH || rows > ROWS) {
            throw new IllegalArgumentException("GemmTile: a tile is at most " + ROWS + " x " + DEPTH + " deep.");
        }
        long aAt = Raw.address(a, aOffset, ROWS * ROW_STEP);
        long bAt = Raw.address(b, bOffset, depth * PANEL_STEP);
        long tileAt = Raw.address(tile, tileOffset, TILE_BYTES);
        if (rows <= FEW) {
            rows4(aAt, bAt, depth, tileAt);
        } else if (ROWS == 8) {
            rows8(aAt, bAt, depth, tileAt);
        } else {
            rows6(aAt, bAt, depth, tileAt);
        }
    }

    /**
     * The same for packed groups of a transposed A.
     *
     * @param a packed group, {@code aOffset} at the tile's first row in its first line
     */
    static void multiplyTransposed(MemorySegment a, long aOffset, MemorySegment b, long bOffset, int depth,
                                   MemorySegment tile, long tileOffset) {
        if (depth > DEPTH) {
            throw new IllegalArgumentException("GemmTile: a tile is at most " + DEPTH + " deep.");
        }
        long aAt = Raw.address(a, aOffset, Math.max(0, depth - 1) * LINE_STEP + ROWS * (long) Float.BYTES);
        long bAt = Raw.address(b, bOffset, depth * PANEL_STEP);
        long tileAt = Raw.address(tile, tileOffset, TILE_BYTES);
        if (ROWS == 8) {
            columns8(aAt, bAt, depth, tileAt);
        } else {
            columns6(aAt, bAt, depth, tileAt);
        }
    }

    /** Eight rows: the work horse of machines with 32 vector registers. */
    private static void rows8(long a, long b, int depth, long tile) {
        FloatVector c0l = FloatVector.zero(F32), c0r = FloatVector.zero(F32),
                c1l = FloatVector.zero(F32), c1r = FloatVector.zero(F32),
                c2l = FloatVector.zero(F32), c2r = FloatVector.zero(F32),
                c3l = FloatVector.zero(F32), c3r = FloatVector.zero(F32),
                c4l = FloatVector.zero(F32), c4r = FloatVector.zero(F32),
                c5l = FloatVector.zero(F32), c5r = FloatVector.zero(F32),
                c6l = FloatVector.zero(F32), c6r = FloatVector.zero(F32),
                c7l = FloatVector.zero(F32), c7r = FloatVector.zero(F32);
        for (int k = 0; k < depth; k++) {
            long bk = (b + (long) k * PANEL_STEP) & Raw.REACH;
            long ak = (a + (long) k * Float.BYTES) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + ROW_STEP));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 2 * ROW_STEP));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 3 * ROW_STEP));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
            FloatVector x4 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 4 * ROW_STEP));
            c4l = x4.fma(left, c4l);
            c4r = x4.fma(right, c4r);
            FloatVector x5 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 5 * ROW_STEP));
            c5l = x5.fma(left, c5l);
            c5r = x5.fma(right, c5r);
            FloatVector x6 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 6 * ROW_STEP));
            c6l = x6.fma(left, c6l);
            c6r = x6.fma(right, c6r);
            FloatVector x7 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 7 * ROW_STEP));
            c7l = x7.fma(left, c7l);
            c7r = x7.fma(right, c7r);
        }
        tile &= Raw.REACH;
        c0l.intoMemorySegment(Raw.ALL, tile, ORDER);
        c0r.intoMemorySegment(Raw.ALL, tile + BYTES, ORDER);
        c1l.intoMemorySegment(Raw.ALL, tile + PANEL_STEP, ORDER);
        c1r.intoMemorySegment(Raw.ALL, tile + PANEL_STEP + BYTES, ORDER);
        c2l.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP, ORDER);
        c2r.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP + BYTES, ORDER);
        c3l.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP, ORDER);
        c3r.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP + BYTES, ORDER);
        c4l.intoMemorySegment(Raw.ALL, tile + 4 * PANEL_STEP, ORDER);
        c4r.intoMemorySegment(Raw.ALL, tile + 4 * PANEL_STEP + BYTES, ORDER);
        c5l.intoMemorySegment(Raw.ALL, tile + 5 * PANEL_STEP, ORDER);
        c5r.intoMemorySegment(Raw.ALL, tile + 5 * PANEL_STEP + BYTES, ORDER);
        c6l.intoMemorySegment(Raw.ALL, tile + 6 * PANEL_STEP, ORDER);
        c6r.intoMemorySegment(Raw.ALL, tile + 6 * PANEL_STEP + BYTES, ORDER);
        c7l.intoMemorySegment(Raw.ALL, tile + 7 * PANEL_STEP, ORDER);
        c7r.intoMemorySegment(Raw.ALL, tile + 7 * PANEL_STEP + BYTES, ORDER);
    }

    /** Six rows: the work horse of machines with 16 vector registers. */
    private static void rows6(long a, long b, int depth, long tile) {
        FloatVector c0l = FloatVector.zero(F32), c0r = FloatVector.zero(F32),
                c1l = FloatVector.zero(F32), c1r = FloatVector.zero(F32),
                c2l = FloatVector.zero(F32), c2r = FloatVector.zero(F32),
                c3l = FloatVector.zero(F32), c3r = FloatVector.zero(F32),
                c4l = FloatVector.zero(F32), c4r = FloatVector.zero(F32),
                c5l = FloatVector.zero(F32), c5r = FloatVector.zero(F32);
        for (int k = 0; k < depth; k++) {
            long bk = (b + (long) k * PANEL_STEP) & Raw.REACH;
            long ak = (a + (long) k * Float.BYTES) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + ROW_STEP));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 2 * ROW_STEP));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 3 * ROW_STEP));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
            FloatVector x4 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 4 * ROW_STEP));
            c4l = x4.fma(left, c4l);
            c4r = x4.fma(right, c4r);
            FloatVector x5 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 5 * ROW_STEP));
            c5l = x5.fma(left, c5l);
            c5r = x5.fma(right, c5r);
        }
        tile &= Raw.REACH;
        c0l.intoMemorySegment(Raw.ALL, tile, ORDER);
        c0r.intoMemorySegment(Raw.ALL, tile + BYTES, ORDER);
        c1l.intoMemorySegment(Raw.ALL, tile + PANEL_STEP, ORDER);
        c1r.intoMemorySegment(Raw.ALL, tile + PANEL_STEP + BYTES, ORDER);
        c2l.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP, ORDER);
        c2r.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP + BYTES, ORDER);
        c3l.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP, ORDER);
        c3r.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP + BYTES, ORDER);
        c4l.intoMemorySegment(Raw.ALL, tile + 4 * PANEL_STEP, ORDER);
        c4r.intoMemorySegment(Raw.ALL, tile + 4 * PANEL_STEP + BYTES, ORDER);
        c5l.intoMemorySegment(Raw.ALL, tile + 5 * PANEL_STEP, ORDER);
        c5r.intoMemorySegment(Raw.ALL, tile + 5 * PANEL_STEP + BYTES, ORDER);
    }

    /** Up to four rows: the last rows of C, where the large tile would multiply mostly padding. */
    private static void rows4(long a, long b, int depth, long tile) {
        FloatVector c0l = FloatVector.zero(F32), c0r = FloatVector.zero(F32),
                c1l = FloatVector.zero(F32), c1r = FloatVector.zero(F32),
                c2l = FloatVector.zero(F32), c2r = FloatVector.zero(F32),
                c3l = FloatVector.zero(F32), c3r = FloatVector.zero(F32);
        for (int k = 0; k < depth; k++) {
            long bk = (b + (long) k * PANEL_STEP) & Raw.REACH;
            long ak = (a + (long) k * Float.BYTES) & Raw.REACH;
            FloatVector left = FloatVector.fromMemorySegment(F32, Raw.ALL, bk, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(F32, Raw.ALL, bk + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak));
            c0l = x0.fma(left, c0l);
            c0r = x0.fma(right, c0r);
            FloatVector x1 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + ROW_STEP));
            c1l = x1.fma(left, c1l);
            c1r = x1.fma(right, c1r);
            FloatVector x2 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 2 * ROW_STEP));
            c2l = x2.fma(left, c2l);
            c2r = x2.fma(right, c2r);
            FloatVector x3 = FloatVector.broadcast(F32, Raw.ALL.get(FLOAT, ak + 3 * ROW_STEP));
            c3l = x3.fma(left, c3l);
            c3r = x3.fma(right, c3r);
        }
        tile &= Raw.REACH;
        c0l.intoMemorySegment(Raw.ALL, tile, ORDER);
        c0r.intoMemorySegment(Raw.ALL, tile + BYTES, ORDER);
        c1l.intoMemorySegment(Raw.ALL, tile + PANEL_STEP, ORDER);
        c1r.intoMemorySegment(Raw.ALL, tile + PANEL_STEP + BYTES, ORDER);
        c2l.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP, ORDER);
        c2r.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP + BYTES, ORDER);
        c3l.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP, ORDER);
        c3r.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP + BYTES, ORDER);
    }

    /** Eight rows of a transposed A. */
    private static void columns8(long a, long b, int depth, long tile) {
        FloatVector c0l = FloatVector.zero(F32), c0r = FloatVector.zero(F32),
                c1l = FloatVector.zero(F32), c1r = FloatVector.zero(F32),
                c2l = FloatVector.zero(F32), c2r = FloatVector.zero(F32),
                c3l = FloatVector.zero(F32), c3r = FloatVector.zero(F32),
                c4l = FloatVector.zero(F32), c4r = FloatVector.zero(F32),
                c5l = FloatVector.zero(F32), c5r = FloatVector.zero(F32),
                c6l = FloatVector.zero(F32), c6r = FloatVector.zero(F32),
                c7l = FloatVector.zero(F32), c7r = FloatVector.zero(F32);
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
        tile &= Raw.REACH;
        c0l.intoMemorySegment(Raw.ALL, tile, ORDER);
        c0r.intoMemorySegment(Raw.ALL, tile + BYTES, ORDER);
        c1l.intoMemorySegment(Raw.ALL, tile + PANEL_STEP, ORDER);
        c1r.intoMemorySegment(Raw.ALL, tile + PANEL_STEP + BYTES, ORDER);
        c2l.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP, ORDER);
        c2r.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP + BYTES, ORDER);
        c3l.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP, ORDER);
        c3r.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP + BYTES, ORDER);
        c4l.intoMemorySegment(Raw.ALL, tile + 4 * PANEL_STEP, ORDER);
        c4r.intoMemorySegment(Raw.ALL, tile + 4 * PANEL_STEP + BYTES, ORDER);
        c5l.intoMemorySegment(Raw.ALL, tile + 5 * PANEL_STEP, ORDER);
        c5r.intoMemorySegment(Raw.ALL, tile + 5 * PANEL_STEP + BYTES, ORDER);
        c6l.intoMemorySegment(Raw.ALL, tile + 6 * PANEL_STEP, ORDER);
        c6r.intoMemorySegment(Raw.ALL, tile + 6 * PANEL_STEP + BYTES, ORDER);
        c7l.intoMemorySegment(Raw.ALL, tile + 7 * PANEL_STEP, ORDER);
        c7r.intoMemorySegment(Raw.ALL, tile + 7 * PANEL_STEP + BYTES, ORDER);
    }

    /** Six rows of a transposed A. */
    private static void columns6(long a, long b, int depth, long tile) {
        FloatVector c0l = FloatVector.zero(F32), c0r = FloatVector.zero(F32),
                c1l = FloatVector.zero(F32), c1r = FloatVector.zero(F32),
                c2l = FloatVector.zero(F32), c2r = FloatVector.zero(F32),
                c3l = FloatVector.zero(F32), c3r = FloatVector.zero(F32),
                c4l = FloatVector.zero(F32), c4r = FloatVector.zero(F32),
                c5l = FloatVector.zero(F32), c5r = FloatVector.zero(F32);
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
        tile &= Raw.REACH;
        c0l.intoMemorySegment(Raw.ALL, tile, ORDER);
        c0r.intoMemorySegment(Raw.ALL, tile + BYTES, ORDER);
        c1l.intoMemorySegment(Raw.ALL, tile + PANEL_STEP, ORDER);
        c1r.intoMemorySegment(Raw.ALL, tile + PANEL_STEP + BYTES, ORDER);
        c2l.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP, ORDER);
        c2r.intoMemorySegment(Raw.ALL, tile + 2 * PANEL_STEP + BYTES, ORDER);
        c3l.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP, ORDER);
        c3r.intoMemorySegment(Raw.ALL, tile + 3 * PANEL_STEP + BYTES, ORDER);
        c4l.intoMemorySegment(Raw.ALL, tile + 4 * PANEL_STEP, ORDER);
        c4r.intoMemorySegment(Raw.ALL, tile + 4 * PANEL_STEP + BYTES, ORDER);
        c5l.intoMemorySegment(Raw.ALL, tile + 5 * PANEL_STEP, ORDER);
        c5r.intoMemorySegment(Raw.ALL, tile + 5 * PANEL_STEP + BYTES, ORDER);
    }

    private static boolean manyRegisters() {
        return Lanes.BITS == 512 || System.getProperty("os.arch").toLowerCase(Locale.ROOT).contains("aarch64");
    }
}
