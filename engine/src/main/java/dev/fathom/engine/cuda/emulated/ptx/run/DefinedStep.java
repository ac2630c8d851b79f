package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import java.util.List;

/**
 * Stands before code that reads or writes registers which may be undefined: checks that the lanes have written what they
 * read, and notes what they write. A predicate a register holds a bit for each lane that has written it.
 */
public final class DefinedStep extends Step {
    /**
     * A register that the code reads.
     *
     * @param predicate the place of its bits
     * @param name      for the report
     * @param at        the instruction that reads it
     */
    public record Read(int predicate, String name, Instruction at) {
    }

    private final Read[] reads;
    private final int[] writes;
    private final int copied;

    /**
     * @param writes the predicates of the registers that are written
     * @param copied the predicate that these take over (a mov), or -1 if they are defined from now on
     */
    public DefinedStep(Instruction at, int guard, boolean negated, List<Read> reads, int[] writes, int copied) {
        super(at, guard, negated);
        this.reads = reads.toArray(Read[]::new);
        this.writes = writes;
        this.copied = copied;
    }

    @Override
    protected void run(Warp w, int mask) {
        for (Read r : reads) {
            int missing = mask & ~w.p[r.predicate()];
            if (missing != 0) {
                throw w.block.fault(FaultKind.UNDEFINED_REGISTER, r.at(), w, missing, FaultText.verb(missing, "use") + " the value of register " + r.name()
                        + ", not written before. Likely a variable that is used before it is set, on a path "
                        + "that skips its assignment.");
            }
        }
        int lanes = copied < 0 ? -1 : w.p[copied];
        for (int slot : writes) {
            w.p[slot] = w.p[slot] & ~mask | mask & lanes;
        }
    }
}
