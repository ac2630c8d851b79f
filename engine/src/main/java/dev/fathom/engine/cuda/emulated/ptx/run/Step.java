package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** Something that the lanes of a warp do together: one instruction, or one stretch of arithmetic. */
public abstract class Step {
    /** For reports; null for a stretch of arithmetic. */
    protected final Instruction at;
    /** The step's number in its program, by which shared memory remembers who touched it last. */
    int id;
    private final int guard;
    private final boolean negated;

    /**
     * @param guard   the place of the predicate that chooses lanes, or -1
     * @param negated true if lanes run where it is false
     */
    protected Step(Instruction at, int guard, boolean negated) {
        this.at = at;
        this.guard = guard;
        this.negated = negated;
    }

    /** Executes the step for the lanes of a mask that its guard admits. */
    final void step(Warp w, int mask) {
        int lanes = guard < 0 ? mask : negated ? mask & ~w.p[guard] : mask & w.p[guard];
        if (lanes != 0) {
            run(w, lanes);
        }
    }

    /** Executes the step for these lanes: at least one. */
    protected abstract void run(Warp w, int mask);

    /** Gives the steps of a program their numbers: their places. */
    public static void number(Step[] steps) {
        for (int i = 0; i < steps.length; i++) {
            steps[i].id = i;
        }
    }

    public final Instruction at() {
        return at;
    }
}
