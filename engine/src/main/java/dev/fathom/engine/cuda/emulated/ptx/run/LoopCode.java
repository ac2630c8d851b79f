package dev.fathom.engine.cuda.emulated.ptx.run;

/** One arithmetic instruction as a loop over the lanes of a warp, for registers at any places. */
public abstract class LoopCode {
    /** For the generated subclasses. */
    protected LoopCode() {
    }

    /**
     * Executes the instruction for the lanes of a mask.
     *
     * @param r    32-bit registers, 32 lanes each
     * @param d    64-bit registers, 32 lanes each
     * @param p    predicates, a bit a lane
     * @param at   the places of the operands
     * @param mask the lanes
     */
    public abstract void run(int[] r, long[] d, int[] p, int[] at, int mask);
}
