package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** One arithmetic instruction, executed by code that all instructions of its kind share. */
public final class SingleStep extends Step {
    private final LoopCode code;
    private final int[] places;

    public SingleStep(Instruction at, int guard, boolean negated, LoopCode code, int[] places) {
        super(at, guard, negated);
        this.code = code;
        this.places = places;
    }

    @Override
    protected void run(Warp w, int mask) {
        code.run(w.r, w.d, w.p, places, mask);
    }
}
