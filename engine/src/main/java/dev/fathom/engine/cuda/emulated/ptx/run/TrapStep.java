package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** trap: what assertions and __trap() end in. */
public final class TrapStep extends Step {
    public TrapStep(Instruction at, int guard, boolean negated) {
        super(at, guard, negated);
    }

    @Override
    protected void run(Warp w, int mask) {
        throw w.block.fault(FaultKind.TRAP, at, w, mask, FaultText.verb(mask, "execute") + " '" + at.opcode() + "': the kernel stops itself on purpose.");
    }
}
