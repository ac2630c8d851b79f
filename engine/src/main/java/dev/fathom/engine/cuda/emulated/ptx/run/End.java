package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** How a block of code ends: where its lanes go. Targets are block numbers; {@link #EXIT} means the lanes are done. */
public sealed interface End {
    /** The target of lanes that are done. */
    int EXIT = Integer.MAX_VALUE;

    /** All lanes go on. */
    record Jump(int target) implements End {
    }

    /** Lanes whose predicate is true (false if negated) take the branch, the others go on. */
    record Branch(int predicate, boolean negated, int taken, int next) implements End {
    }

    /** Lane by lane, a number in an int register chooses the target. */
    record Table(int index, int[] targets, Instruction at) implements End {
    }

    /**
     * A barrier of the thread block.
     *
     * @param id       first place of an int register with the barrier's number
     * @param threads  first place of an int register with the number of threads it waits for, or -1 for all
     * @param reduce   "popc", "and", "or", or null
     * @param result   place of the reduction's result: an int register, or a predicate
     * @param operand  place of the predicate that is reduced
     * @param negated  true if its opposite is reduced
     * @param next     where the lanes go on
     */
    record Barrier(int id, int threads, String reduce, int result, int operand, boolean negated, int next,
                   Instruction at) implements End {
    }
}
