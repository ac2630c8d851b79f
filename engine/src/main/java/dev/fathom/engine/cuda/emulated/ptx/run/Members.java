package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;

/** The rule of the .sync instructions: all lanes that the member mask names execute it together. */
final class Members {
    private Members() {
    }

    static void check(Step step, Warp w, int mask, Cell members) {
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            int named = (int) members.get(w, lane);
            if ((named >>> lane & 1) == 0) {
                throw w.block.fault(FaultKind.INCOMPLETE_WARP, step.at(), w, 1 << lane, "executes " + step.at().opcode()
                        + " with a member mask (0x" + Integer.toHexString(named) + ") that does not name it.");
            }
            // Lanes past the end of a block whose size is no multiple of 32 do not exist; a full mask may name them.
            int missing = named & ~mask & w.existing;
            if (missing != 0) {
                throw w.block.fault(FaultKind.INCOMPLETE_WARP, step.at(), w, mask, FaultText.verb(mask, "execute") + " " + step.at().opcode()
                        + " with the member mask 0x" + Integer.toHexString(named) + ", but " + w.block.threads(w, missing)
                        + ", which it names too, " + ((missing & w.live) == 0 ? "have returned" : "are elsewhere")
                        + ". Every lane of the mask must come to the same instruction: move it out of the condition.");
            }
        }
    }
}
