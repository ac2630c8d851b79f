package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.kernels.GemmRows.ZEROS;
import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROW_STEP;

import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.cpu.kernels.GemmOperands.Matrix;
import java.lang.foreign.MemorySegment;

/**
 * The matrix product C[M,N] = A[M,K] B[K,N] with whatever {@link GemmOutput} does to its result.
 *
 * <p>The scheme is the usual one of packed products (Goto and van de Geijn, 2008) with the roles of the caches fitted
 * to a wide register tile: panels of B are packed once by all threads; then tasks of some rows of C by some panels go
 * over a few rows of A at a time (packed, unless they are in memory as they are), one block of K after the other, and
 * run the tile of {@link GemmRows} over them while a group of panels passes by from the second cache.
 *
 * <p>Numerics: float32, fused multiply-adds in the order of k within a block of at most 384; the blocks' sums are added
 * in order. The same for every thread count, every tile shape and every width of vectors.
 */
public final class Gemm {
    /** Floats moved by one packing task, at least. */
    private static final int PACK_FLOATS = 1 << 16;

    /** Rows of A that are packed at a time: few, for the first cache. */
    private static final int STRIP = 2 * ROWS;
    /** The same where A is transposed: several cache lines of each of its lines, for the second cache. */
    private static final int LONG_STRIP = 8 * ROWS;
    private static final long TILE_AT = LONG_STRIP * ROW_STEP;

    private Gemm() {
    }

    /** Computes the product on the shared pool. M, N and K may be 0; with K = 0 the sums are zeros. */
    public static void run(GemmOperands.Rows a, GemmOperands.Panels b, int m, int n, int k, GemmOutput out) {
        if (m == 0 || n == 0 || a.isTransposed() && GemmSplit.run(a, b, m, n, k, out)) {
            return;
        }
        if (out.scalesSums()) {
            scaled(a, b, m, n, k, out);
            return;
        }
        GemmPlan plan = GemmPlan.of(m, n, k, a.isTransposed());
        int panels = GemmPlan.ceil(n, COLUMNS);
        long bytes = (long) plan.passPanels() * plan.passDepths() * plan.depth() * PANEL_STEP;
        MemorySegment packed = Scratch.buffer(Scratch.Purpose.PANELS, bytes);
        for (int panel = 0; panel < panels; panel += plan.passPanels()) {
            int lastPanel = Math.min(panels, panel + plan.passPanels());
            for (int block = 0; block < plan.depths(); block += plan.passDepths()) {
                int lastBlock = Math.min(plan.depths(), block + plan.passDepths());
                new Pass(a, b, m, n, k, out, plan, packed, panel, lastPanel, block, lastBlock).run(WorkPool.shared());
            }
        }
    }

    /** A scale of C's columns, with nothing but a bias before it, is one of B's columns and the bias. */
    private static void scaled(GemmOperands.Rows a, GemmOperands.Panels b, int m, int n, int k, GemmOutput out) {
        int width = GemmPlan.ceil(n, COLUMNS) * COLUMNS;
        long bytes = (long) width * Float.BYTES;
        MemorySegment factors = Scratch.buffer(Scratch.Purpose.SCALES, 2 * bytes);
        factors.fill((byte) 0);
        MemorySegment.copy(out.scale(), 0, factors, 0, (long) n * Float.BYTES);
        if (out.bias() != null) {
            Lines.copy(out.bias(), out.biasOffset(), 0, factors, bytes, 0, 1, n);
            Lines.multiply(factors, bytes, 1, 0, factors, 0, width);
        }
        GemmOperands.Panels columns = (column, count, from, depth, to, offset) -> {
            b.pack(column, count, from, depth, to, offset);
            Lines.multiply(to, offset, depth, PANEL_STEP, factors, (long) column * Float.BYTES, COLUMNS);
        };
        run(a, columns, m, n, k, out.withoutScale(factors.asSlice(bytes)));
    }

    /** One pass: some panels of B by some blocks of K, packed at once. */
    private record Pass(GemmOperands.Rows a, GemmOperands.Panels b, int m, int n, int k, GemmOutput out, GemmPlan plan,
                        MemorySegment packed, int firstPanel, int lastPanel, int firstBlock, int lastBlock) {

        void run(WorkPool pool) {
            int pieces = (lastPanel - firstPanel) * (lastBlock - firstBlock);
            int perTask = Math.max(1, PACK_FLOATS / (plan.depth() * COLUMNS));
            pool.run(GemmPlan.ceil(pieces, perTask), task -> {
                for (int i = task * perTask; i < Math.min(pieces, (task + 1) * perTask); i++) {
                    packPanel(firstPanel + i / (lastBlock - firstBlock), firstBlock + i % (lastBlock - firstBlock));
                }
            });
            pool.run(plan.rowTasks() * plan.groups(), task -> multiply(task / plan.groups(), task % plan.groups()));
        }

        private long packedAt(int panel, int block) {
            long piece = (long) (panel - firstPanel) * (lastBlock - firstBlock) + block - firstBlock;
            return piece * plan.depth() * PANEL_STEP;
        }

        private int depth(int block) {
            return Math.min(plan.depth(), k - block * plan.depth());
        }

        private void packPanel(int panel, int block) {
            int column = panel * COLUMNS;
            b.pack(column, Math.min(COLUMNS, n - column), block * plan.depth(), depth(block),
                packed, packedAt(panel, block));
        }

        private void multiply(int rowTask, int group) {
            int row = rowTask * plan.rows();
            int rows = Math.min(plan.rows(), m - row);
            int panels = lastPanel - firstPanel;
            int from = firstPanel + (int) ((long) panels * group / plan.groups());
            int to = firstPanel + (int) ((long) panels * (group + 1) / plan.groups());
            MemorySegment scratch = scratch();
            int strip = a.isTransposed() ? LONG_STRIP : STRIP;
            for (int block = firstBlock; block < lastBlock; block++) {
                for (int r = 0; r < rows; r += strip) {
                    strip(scratch, row + r, Math.min(strip, rows - r), from, to, block);
                }
            }
        }

        /** Packs a few rows and multiplies them by a group's panels while they are in cache. */
        private void strip(MemorySegment scratch, int row, int rows, int from, int to, int block) {
            int depth = depth(block);
            int k = block * plan.depth();
            Matrix inPlace = a.inPlace();
            int whole = inPlace == null ? 0 : rows / ROWS * ROWS;
            for (int r = 0; r < whole; r += ROWS) {
                long address = inPlace.address(row + r, ROWS, k, depth);
                rowOfTiles(scratch, address, inPlace.step(), row + r, ROWS, from, to, block);
            }
            if (whole < rows) {
                a.pack(row + whole, rows - whole, k, depth, scratch, 0);
            }
            for (int r = whole; r < rows; r += ROWS) {
                int height = Math.min(ROWS, rows - r);
                long address = packedAddress(scratch, r - whole, depth);
                rowOfTiles(scratch, address, ROW_STEP, row + r, height, from, to, block);
            }
        }

        /** The address of row r of a packed strip. */
        private long packedAddress(MemorySegment strip, int r, int depth) {
            return a.isTransposed() ? groupAddress(strip, r, depth) : Raw.address(strip, r * ROW_STEP, ROWS * ROW_STEP);
        }

        /**
         * Multiplies a few rows of A by a group's panels. Along a row: stores to C then go on where the last ones
         * ended.
         *
         * @param rowsAt address of the rows, {@code step} bytes apart
         */
        private void rowOfTiles(MemorySegment scratch, long rowsAt, long step, int row, int height, int from, int to,
                                int block) {
            int depth = depth(block);
            boolean first = block == 0;
            boolean last = block == plan.depths() - 1;
            boolean straight = out.isStraight(last);
            for (int panel = from; panel < to; panel++) {
                int column = panel * COLUMNS;
                int columns = Math.min(COLUMNS, n - column);
                long panelAt = Raw.address(packed, packedAt(panel, block), depth * PANEL_STEP);
                if (straight && columns == COLUMNS && height < ROWS) {
                    out.multiplyLast(rowsAt, step, a.isTransposed(), panelAt, depth, row, height, column, first, last,
                        scratch, TILE_AT);
                } else if (straight && columns == COLUMNS) {
                    out.multiply(rowsAt, step, a.isTransposed(), panelAt, depth, row, column, first, last,
                        scratch, TILE_AT);
                } else {
                    long tile = Raw.address(scratch, TILE_AT, GemmTile.TILE_BYTES);
                    if (a.isTransposed()) {
                        GemmColumns.sum(rowsAt, panelAt, depth, tile, PANEL_STEP, ZEROS, 0, ZEROS);
                    } else {
                        GemmRows.sum(rowsAt, step, height, panelAt, depth, tile, PANEL_STEP, ZEROS, 0, ZEROS);
                    }
                    out.take(scratch, TILE_AT, row, height, column, columns, first, last);
                }
            }
        }
    }

    /** The address of row r, a multiple of ROWS, of a strip of a transposed A. */
    static long groupAddress(MemorySegment strip, int r, int depth) {
        long at = r / GemmTile.GROUP * GemmTile.GROUP_BYTES + (long) r % GemmTile.GROUP * Float.BYTES;
        return Raw.address(strip, at, Math.max(0, depth - 1) * GemmTile.LINE_STEP + ROWS * (long) Float.BYTES);
    }

    /** This thread's room for a strip of packed rows, followed at TILE_AT by a tile and the room for its epilogue. */
    private static MemorySegment scratch() {
        return Scratch.buffer(Scratch.Purpose.ROWS, TILE_AT + GemmOutput.ROOM * GemmTile.TILE_BYTES);
    }
}
