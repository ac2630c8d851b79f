package dev.fathom.engine.cpu.kernels;

/**
 * How a product is cut into blocks and tasks: a function of its shape alone, so that neither the number of threads nor
 * the machine's load can change a result. (Only the blocks of K matter to the bits; they are balanced and fixed here.)
 *
 * @param depth        length of a block of K (the last may be shorter)
 * @param depths       number of blocks of K, at least 1 so that an empty K still writes zeros
 * @param passDepths   blocks of K whose panels of B are packed at once
 * @param passPanels   panels of B that are packed at once
 * @param rows         rows of C in a task, a multiple of the tile's
 * @param rowTasks     number of row blocks
 * @param groups       number of groups that the panels of a pass are dealt to; a task is a row block by a group, and a
 *                     group's panels stay in the second cache while the task's rows go over them
 */
record GemmPlan(int depth, int depths, int passDepths, int passPanels, int rows, int rowTasks, int groups) {
    /** Packed panels of one pass are at most this many bytes: bounded memory however large the product. */
    private static final long PASS_BYTES = 32L << 20;
    /** One block's panels of a group are at most this many bytes. */
    private static final long GROUP_BYTES = 600_000;
    /** Below this many multiply-adds a task is not worth handing to another thread (about 20 microseconds). */
    private static final long TASK_WORK = 1_000_000;
    /** With this many tasks the last ones to end leave few threads idle for long. */
    private static final int TASKS = 48;
    private static final int MAX_ROWS = 192;
    private static final int MIN_ROWS = 64;

    /** The same for a transposed A, whose packing should not be repeated for several groups. */
    private static final int TRANSPOSED_TASKS = 16;
    private static final int TRANSPOSED_MIN_ROWS = 32;

    /** @param transposed whether A {@linkplain GemmOperands.Rows#isTransposed() is transposed} */
    static GemmPlan of(int m, int n, int k, boolean transposed) {
        int depths = Math.max(1, ceil(k, GemmTile.DEPTH));
        int depth = Math.max(1, ceil(k, depths));
        int panels = ceil(n, GemmTile.COLUMNS);
        long panelBytes = depth * GemmTile.PANEL_STEP;
        int passPanels = (int) Math.min(panels, Math.max(1, PASS_BYTES / panelBytes));
        int passDepths = (int) Math.min(depths, Math.max(1, PASS_BYTES / (panelBytes * passPanels)));

        long work = (long) m * passPanels * GemmTile.COLUMNS * depth * passDepths;
        int wanted = (int) Math.clamp(work / TASK_WORK, 1, transposed ? TRANSPOSED_TASKS : TASKS);
        int minRows = transposed ? TRANSPOSED_MIN_ROWS : MIN_ROWS;
        int groups = ceil(passPanels, (int) Math.max(1, GROUP_BYTES / panelBytes));
        int rows = up(Math.clamp(ceil(m, ceil(wanted, groups)), minRows, MAX_ROWS), GemmTile.ROWS);
        int rowTasks = ceil(m, rows);
        rows = up(ceil(m, rowTasks), GemmTile.ROWS);
        rowTasks = ceil(m, rows);
        groups = Math.clamp(Math.max(groups, wanted / rowTasks), 1, passPanels);
        return new GemmPlan(depth, depths, passDepths, passPanels, rows, rowTasks, groups);
    }

    static int ceil(int total, int part) {
        return (total + part - 1) / part;
    }

    private static int up(int value, int multiple) {
        return ceil(value, multiple) * multiple;
    }
}
