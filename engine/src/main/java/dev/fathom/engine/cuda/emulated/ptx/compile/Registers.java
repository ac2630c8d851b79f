package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Group;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Memory;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Not;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Pair;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import java.util.ArrayList;
import java.util.List;

/** Which registers an instruction reads and writes. */
final class Registers {
    /** The name of the carry flag, which has none in PTX. */
    static final String CARRY = "the carry flag";

    private Registers() {
    }

    /** The registers it reads, its guard first. The carry flag counts as register {@code carry}. */
    static List<Register> read(Instruction i, Register carry) {
        List<Register> found = new ArrayList<>();
        if (i.guard() != null) {
            found.add(i.guard());
        }
        int results = results(i);
        for (int k = 0; k < i.operands().size(); k++) {
            if (k >= results || i.operand(k) instanceof Memory) {
                collect(i.operand(k), found);
            }
        }
        if (readsCarry(i)) {
            found.add(carry);
        }
        return found;
    }

    /** The registers it writes. */
    static List<Register> written(Instruction i, Register carry) {
        List<Register> found = new ArrayList<>();
        for (int k = 0; k < results(i); k++) {
            if (!(i.operand(k) instanceof Memory)) {
                collect(i.operand(k), found);
            }
        }
        if (i.has("cc")) {
            found.add(carry);
        }
        return found;
    }

    static boolean readsCarry(Instruction i) {
        return switch (i.mnemonic()) {
            case "addc", "subc", "madc" -> true;
            default -> false;
        };
    }

    /** How many of the first operands are results. */
    private static int results(Instruction i) {
        return switch (i.mnemonic()) {
            case "st", "red", "bra", "brx", "ret", "exit", "membar", "fence", "prefetch", "prefetchu", "trap", "brkpt",
                "nanosleep", "call", "discard", "applypriority" -> 0;
            case "bar", "barrier" -> i.has("red") ? 1 : 0;
            case "cp" -> 0;
            default -> i.operands().isEmpty() ? 0 : 1;
        };
    }

    private static void collect(Operand o, List<Register> into) {
        switch (o) {
            case null -> { }
            case Register r -> into.add(r);
            case Memory m -> collect(m.base(), into);
            case Group g -> g.parts().forEach(p -> collect(p, into));
            case Pair p -> {
                collect(p.first(), into);
                collect(p.second(), into);
            }
            case Not n -> into.add(n.predicate());
            default -> { }
        }
    }

    /** The carry flag as a register of its own. */
    static Register carryFlag(int id) {
        return new Register(CARRY, PtxType.PRED, id);
    }
}
