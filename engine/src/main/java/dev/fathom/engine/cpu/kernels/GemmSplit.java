package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.Lanes.BYTES;
import static dev.fathom.engine.cpu.Lanes.F32;
import static dev.fathom.engine.cpu.Lanes.ORDER;
import static dev.fathom.engine.cpu.kernels.GemmRows.ZEROS;
import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROW_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.TILE_BYTES;

import dev.fathom.engine.cpu.WorkPool;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The product of a short, very wide A by a very tall B: the gradient of a convolution's weights, where K counts the
 * pixels and C is one small matrix. There are not enough rows and columns for all threads, so K is split.
 *
 * <p>K is cut into blocks and the blocks into chunks by the shape alone. A task is a chunk: it packs its own panels of
 * B, block by block, and sums the tiles of all of C in memory of its own. At the end the chunks' sums are added in
 * order. Nothing is packed twice, and the bits do not depend on the number of threads.
 */
final class GemmSplit {
    /** The panels of a block should stay in the second cache: at most this many bytes. */
    private static final long BLOCK_BYTES = 500_000;
    private static final int MIN_DEPTH = 96;
    private static final int MAX_CHUNKS = 24;
    private static final int MAX_ROWS = 256;
    private static final int MIN_BLOCKS = 4;
    private static final long MAX_BYTES = 32L << 20;
    private static final int STRIP = 8 * ROWS;
    private static final long TILE_AT = STRIP * ROW_STEP;

    private final GemmOperands.Rows a;
    private final GemmOperands.Panels b;
    private final int m;
    private final int n;
    private final int k;
    private final int panels;
    private final int depth;
    private final int blocks;
    private final int blocksPerChunk;
    private final int chunks;
    /** Bytes of all tiles of C. */
    private final long chunkBytes;

    private GemmSplit(GemmOperands.Rows a, GemmOperands.Panels b, int m, int n, int k) {
        this.a = a;
        this.b = b;
        this.m = m;
        this.n = n;
        this.k = k;
        this.panels = GemmPlan.ceil(n, COLUMNS);
        int longest = (int) Math.clamp(BLOCK_BYTES / (panels * PANEL_STEP), MIN_DEPTH, GemmTile.DEPTH);
        int count = Math.max(1, GemmPlan.ceil(k, longest));
        this.depth = Math.max(1, GemmPlan.ceil(k, count));
        this.blocks = GemmPlan.ceil(k, depth);
        this.blocksPerChunk = Math.max(1, GemmPlan.ceil(blocks, MAX_CHUNKS));
        this.chunks = GemmPlan.ceil(blocks, blocksPerChunk);
        this.chunkBytes = GemmPlan.ceil(m, ROWS) * (long) panels * TILE_BYTES;
    }

    /** Computes the product if it has the shape for it; false if not, with nothing done. */
    static boolean run(GemmOperands.Rows a, GemmOperands.Panels b, int m, int n, int k, GemmOutput out) {
        if (m > MAX_ROWS || k < 2 * Math.max(m, n)) {
            return false;
        }
        GemmSplit split = new GemmSplit(a, b, m, n, k);
        if (split.blocks < MIN_BLOCKS || split.chunks * split.chunkBytes > MAX_BYTES) {
            return false;
        }
        MemorySegment partials = Scratch.buffer(Scratch.Purpose.PARTIALS, split.chunks * split.chunkBytes);
        WorkPool.shared().run(split.chunks, chunk -> split.sum(chunk, partials));
        WorkPool.shared().run(GemmPlan.ceil(m, ROWS), rowTile -> split.finish(rowTile, partials, out));
        return true;
    }

    /** One chunk's part of all of C. */
    private void sum(int chunk, MemorySegment partials) {
        MemorySegment own = Scratch.buffer(Scratch.Purpose.OWN_PANELS, panels * depth * PANEL_STEP);
        MemorySegment scratch = Scratch.buffer(Scratch.Purpose.ROWS, TILE_AT + GemmOutput.ROOM * TILE_BYTES);
        int from = chunk * blocksPerChunk;
        for (int block = from; block < Math.min(blocks, from + blocksPerChunk); block++) {
            int first = block * depth;
            int length = Math.min(depth, k - first);
            for (int panel = 0; panel < panels; panel++) {
                int column = panel * COLUMNS;
                b.pack(column, Math.min(COLUMNS, n - column), first, length, own, panel * depth * PANEL_STEP);
            }
            for (int row = 0; row < m; row += STRIP) {
                int rows = Math.min(STRIP, m - row);
                a.pack(row, rows, first, length, scratch, 0);
                for (int r = 0; r < rows; r += ROWS) {
                    long at = chunk * chunkBytes + (row + r) / ROWS * panels * TILE_BYTES;
                    long rowsAt = Gemm.groupAddress(scratch, r, length);
                    for (int panel = 0; panel < panels; panel++) {
                        long panelAt = Raw.address(own, panel * depth * PANEL_STEP, length * PANEL_STEP);
                        long sum = Raw.address(partials, at + panel * TILE_BYTES, TILE_BYTES);
                        if (block == from) {
                            GemmColumns.sum(rowsAt, panelAt, length, sum, PANEL_STEP, ZEROS, 0, ZEROS);
                        } else {
                            GemmColumns.sum(rowsAt, panelAt, length, sum, PANEL_STEP, sum, PANEL_STEP, ZEROS);
                        }
                    }
                }
            }
        }
    }

    /** Adds the chunks' tiles of one row of tiles, in order, and gives them to C. */
    private void finish(int rowTile, MemorySegment partials, GemmOutput out) {
        MemorySegment room = Scratch.buffer(Scratch.Purpose.ROWS, TILE_AT + GemmOutput.ROOM * TILE_BYTES);
        int row = rowTile * ROWS;
        for (int panel = 0; panel < panels; panel++) {
            long tile = ((long) rowTile * panels + panel) * TILE_BYTES;
            for (int chunk = 0; chunk < chunks; chunk++) {
                add(partials, chunk * chunkBytes + tile, room, TILE_AT, chunk == 0);
            }
            int column = panel * COLUMNS;
            out.take(room, TILE_AT, row, Math.min(ROWS, m - row), column, Math.min(COLUMNS, n - column), true, true);
        }
    }

    /** sum += tile, or sum = tile. */
    static void add(MemorySegment tile, long tileOffset, MemorySegment sum, long sumOffset, boolean first) {
        long from = Raw.address(tile, tileOffset, TILE_BYTES);
        long to = Raw.address(sum, sumOffset, TILE_BYTES);
        for (long at = 0; at < TILE_BYTES; at += BYTES) {
            FloatVector value = FloatVector.fromMemorySegment(F32, Raw.ALL, from + at, ORDER);
            if (!first) {
                value = FloatVector.fromMemorySegment(F32, Raw.ALL, to + at, ORDER).add(value);
            }
            value.intoMemorySegment(Raw.ALL, to + at, ORDER);
        }
    }
}
