package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** bar.warp.sync: the lanes of the mask wait for each other, and see what the others wrote. */
public final class SyncWarpStep extends Step {
    private final Cell members;

    public SyncWarpStep(Instruction at, int guard, boolean negated, Cell members) {
        super(at, guard, negated);
        this.members = members;
    }

    @Override
    protected void run(Warp w, int mask) {
        Members.check(this, w, mask, members);
        w.block.barriers.syncWarp(w.index);
    }
}
