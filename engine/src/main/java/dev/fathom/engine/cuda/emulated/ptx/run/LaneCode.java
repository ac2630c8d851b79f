package dev.fathom.engine.cuda.emulated.ptx.run;

/** The stretches of plain arithmetic of one kernel, as compiled bytecode. Each is a loop over the lanes of a warp. */
public abstract class LaneCode {
    /** For the generated subclass. */
    protected LaneCode() {
    }

    /**
     * Executes one stretch for the lanes of a mask.
     *
     * @param index the stretch's number
     * @param r     32-bit registers, 32 lanes each
     * @param d     64-bit registers, 32 lanes each
     * @param p     predicates, a bit a lane
     * @param mask  the lanes
     */
    public abstract void run(int index, int[] r, long[] d, int[] p, int mask);
}
