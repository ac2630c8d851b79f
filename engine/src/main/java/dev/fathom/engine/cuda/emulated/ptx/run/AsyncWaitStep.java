package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** cp.async.commit_group, wait_group and wait_all. */
public final class AsyncWaitStep extends Step {
    /** {@link #groups} for commit_group. */
    public static final int COMMIT = -1;
    /** {@link #groups} for wait_all. */
    public static final int ALL = -2;

    private final int groups;

    /** @param groups how many groups may stay under way, or {@link #COMMIT}, or {@link #ALL} */
    public AsyncWaitStep(Instruction at, int guard, boolean negated, int groups) {
        super(at, guard, negated);
        this.groups = groups;
    }

    @Override
    protected void run(Warp w, int mask) {
        for (int m = mask; m != 0; m &= m - 1) {
            int thread = w.thread(Integer.numberOfTrailingZeros(m));
            switch (groups) {
                case COMMIT -> w.block.copies.commit(thread);
                case ALL -> w.block.copies.awaitAll(thread);
                default -> w.block.copies.await(thread, groups);
            }
        }
    }
}
