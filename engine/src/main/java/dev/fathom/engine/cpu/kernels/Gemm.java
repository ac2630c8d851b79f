package dev.fathom.engine.cpu.kernels;

import static dev.fathom.engine.cpu.kernels.GemmTile.COLUMNS;
import static dev.fathom.engine.cpu.kernels.GemmTile.PANEL_STEP;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROWS;
import static dev.fathom.engine.cpu.kernels.GemmTile.ROW_STEP;

import dev.fathom.engine.cpu.WorkPool;
import java.lang.foreign.MemorySegment;

/**
 * The matrix product C[M,N] = A[M,K] B[K,N] with whatever {@link GemmOutput} does to its result.
 *
 * <p>The scheme is the usual one of packed products (Goto and van de Geijn, 2008) with the roles of the caches fitted
 * to a wide register tile: panels of B are packed once by all threads; then tasks of some rows of C by some panels pack
 * a few rows of A at a time, one block of K after the other, and run the tile of {@link GemmTile} over them. The rows
 * stay in the first cache while a group of panels passes by from the second.
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
            boolean first = block == 0;
            boolean last = block == plan.depths() - 1;
            a.pack(row, rows, block * plan.depth(), depth, scratch, 0);
            for (int r = 0; r < rows; r += ROWS) {
                int height = Math.min(ROWS, rows - r);
                // Along a row: stores to C then go on where the last ones ended.
                for (int panel = from; panel < to; panel++) {
                    int column = panel * COLUMNS;
                    tile(a, scratch, r, height, packed, packedAt(panel, block), depth, scratch, TILE_AT);
                    out.take(scratch, TILE_AT, row + r, height, column, Math.min(COLUMNS, n - column), first, last);
                }
            }
        }
    }

    /**
     * One tile, from packed rows that begin at byte 0 of {@code packedRows}.
     *
     * @param r the tile's first row among them, a multiple of ROWS
     */
    static void tile(GemmOperands.Rows a, MemorySegment packedRows, int r, int height,
                     MemorySegment packed, long panelAt, int depth, MemorySegment room, long tileAt) {
        if (a.isTransposed()) {
            long at = r / GemmTile.GROUP * GemmTile.GROUP_BYTES + (long) r % GemmTile.GROUP * Float.BYTES;
            GemmTile.multiplyTransposed(packedRows, at, packed, panelAt, depth, room, tileAt);
        } else {
            GemmTile.multiply(packedRows, r * ROW_STEP, packed, panelAt, height, depth, room, tileAt);
        }
    }

    /** This thread's room for a strip of packed rows, followed at TILE_AT by a tile and the room for its epilogue. */
    private static MemorySegment scratch() {
        return Scratch.buffer(Scratch.Purpose.ROWS, TILE_AT + GemmOutput.ROOM * GemmTile.TILE_BYTES);
    }
}
