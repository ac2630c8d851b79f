package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.run.StateSpace;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Function;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Immediate;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Memory;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Symbol;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxType;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Variable;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds out which parameters of a kernel are pointers, and what is done through them: a value is followed from ld.param
 * through sums and copies, without regard to the order of instructions, to the addresses of loads and stores. Products and
 * shifts end the trail: they make offsets.
 */
public final class PointerFlow {
    /**
     * What a kernel does through one pointer.
     *
     * @param read    true if it reads
     * @param written true if it writes
     * @param type    the elements: the smallest type that is read or written
     */
    public record Use(boolean read, boolean written, PtxType type) {
        private Use with(boolean reads, boolean writes, PtxType t) {
            PtxType smaller = type == null || t.bytes() < type.bytes() ? t : type;
            // Of two types of one size the one that says more.
            PtxType better = type != null && t.bytes() == type.bytes() && t.floating() ? t : smaller;
            return new Use(read | reads, written | writes, better);
        }
    }

    private final Map<Register, BitSet> origins = new HashMap<>();

    private PointerFlow() {
    }

    /** The uses by parameter number; parameters that are no pointers are missing. */
    public static Map<Integer, Use> of(Function function) {
        return new PointerFlow().follow(function);
    }

    private Map<Integer, Use> follow(Function function) {
        List<String> names = function.parameters().stream().map(Variable::name).toList();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Instruction i : function.instructions()) {
                if (i.operands().size() > 1 && i.operand(0) instanceof Register to && to.type().bytes() == 8) {
                    BitSet set = origins.computeIfAbsent(to, r -> new BitSet());
                    int before = set.cardinality();
                    set.or(sources(i, names));
                    changed |= set.cardinality() != before;
                }
            }
        }
        Map<Integer, Use> uses = new HashMap<>();
        for (Instruction i : function.instructions()) {
            note(i, uses);
        }
        return uses;
    }

    private BitSet sources(Instruction i, List<String> names) {
        BitSet set = new BitSet();
        switch (i.mnemonic()) {
            case "ld" -> {
                if (i.has("param") && i.operand(1) instanceof Memory m && m.base() instanceof Symbol s && m.offset() == 0) {
                    int k = names.indexOf(s.name());
                    if (k >= 0) {
                        set.set(k);
                    }
                }
            }
            case "mov", "cvta", "add", "sub", "selp" -> i.operands().subList(1, i.operands().size()).forEach(o -> add(o, set));
            case "mad" -> add(i.operands().getLast(), set);
            default -> { }
        }
        return set;
    }

    private void add(Operand o, BitSet to) {
        if (o instanceof Register r && origins.containsKey(r)) {
            to.or(origins.get(r));
        }
    }

    private void note(Instruction i, Map<Integer, Use> uses) {
        boolean reads = switch (i.mnemonic()) {
            case "ld", "atom", "red", "cp" -> true;
            default -> false;
        };
        boolean writes = switch (i.mnemonic()) {
            case "st", "atom", "red" -> true;
            default -> false;
        };
        if (!reads && !writes || i.has("param")) {
            return;
        }
        boolean copy = i.mnemonic().equals("cp");
        if (copy && i.operands().size() < 3) {
            return;
        }
        StateSpace space = copy ? StateSpace.GLOBAL : StateSpace.of(i);
        if (space != StateSpace.GLOBAL && space != StateSpace.GENERIC) {
            return;
        }
        PtxType type = copy ? ((Immediate) i.operand(2)).bits() == 4 ? PtxType.B32 : PtxType.B64 : i.type();
        Operand address = copy ? i.operand(1) : i.operands().stream().filter(Memory.class::isInstance).findFirst().orElseThrow();
        if (((Memory) address).base() instanceof Register r && origins.containsKey(r)) {
            origins.get(r).stream().forEach(k -> uses.put(k,
                    uses.getOrDefault(k, new Use(false, false, null)).with(reads, writes, type)));
        }
    }
}
