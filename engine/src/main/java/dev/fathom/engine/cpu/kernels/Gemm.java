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
 * <p>The scheme is the usual one of packed products (Goto and van de Geijn, 2008): panels of B are packed once by all
 * threads; then tasks of some rows of C by some panels each pack their rows of A, one block of K after the other, and
 * run the register tile of {@link GemmTile} over them. A block of A (at most 192 x 384 floats) stays in the second
 * cache, a panel of B is read from it or from the third.
 *
 * <p>Numerics: float32, fused multiply-adds in the order of k within a block of at most 384; the blocks' sums are added
 * in order. The same for every thread count, every tile shape and every width of vectors.
 */
public final class Gemm {
    /** Floats moved by one packing task, at least. */
    private static final int PACK_FLOATS = 1 << 16;

    private Gemm() {
    }

    /** Computes the product on the shared pool. M, N and K may be 0; with K = 0 the sums are zeros. */
    public static void run(GemmOperands.Rows a, GemmOperands.Panels b, int m, int n, int k, GemmOutput out) {
        if (m == 0 || n == 0) {
            return;
        }
        GemmPlan plan = GemmPlan.of(m, n, k);
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
            MemorySegment scratch = rowScratch(plan.rows());
            for (int block = firstBlock; block < lastBlock; block++) {
                a.pack(row, rows, block * plan.depth(), depth(block), scratch, 0);
                for (int panel = from; panel < to; panel++) {
                    strip(scratch, row, rows, packed, packedAt(panel, block), panel * COLUMNS, n, depth(block),
                        out, block == 0, block == plan.depths() - 1);
                }
            }
        }
    }

    /** This thread's room for {@code rows} packed rows, followed by a tile and the room for its epilogue. */
    static MemorySegment rowScratch(int rows) {
        return Scratch.buffer(Scratch.Purpose.ROWS, rows * ROW_STEP + GemmOutput.ROOM * GemmTile.TILE_BYTES);
    }

    /** All tiles of some packed rows by one packed panel. */
    static void strip(MemorySegment scratch, int row, int rows, MemorySegment packed, long panelAt, int column, int n,
                      int depth, GemmOutput out, boolean first, boolean last) {
        long tileAt = scratch.byteSize() - GemmOutput.ROOM * GemmTile.TILE_BYTES;
        int columns = Math.min(COLUMNS, n - column);
        for (int r = 0; r < rows; r += ROWS) {
            int height = Math.min(ROWS, rows - r);
            GemmTile.multiply(scratch, r * ROW_STEP, packed, panelAt, height, depth, scratch, tileAt);
            out.take(scratch, tileAt, row + r, height, column, columns, first, last);
        }
    }
}
