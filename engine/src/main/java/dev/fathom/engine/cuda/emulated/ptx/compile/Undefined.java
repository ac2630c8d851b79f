package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.run.DefinedStep;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the registers that may be read before they are written (on some path through the kernel no instruction without a
 * guard writes them first) and has them watched while the kernel runs, lane by lane. Usually there is none; a value that is
 * fetched and used under the same condition in two places is the common case.
 *
 * <p>A mov between registers does not count as a use: compilers copy values that nobody reads later. It hands on whether the
 * value is defined.
 */
final class Undefined {
    private final Register carry;
    /** The predicate of each watched register: a bit for each lane that has written it. */
    private final Map<Register, Integer> watched = new LinkedHashMap<>();

    Undefined(List<ControlFlow.Block> blocks, int registers, Register carry, Slots slots) {
        this.carry = carry;
        BitSet[] before = new BitSet[blocks.size()];
        // Every register counts as written until a path proves otherwise.
        for (int i = 0; i < before.length; i++) {
            before[i] = new BitSet();
            before[i].set(0, i == 0 ? 0 : registers + 1);
        }
        Deque<ControlFlow.Block> work = new ArrayDeque<>(blocks);
        while (!work.isEmpty()) {
            ControlFlow.Block b = work.poll();
            BitSet after = (BitSet) before[b.order].clone();
            b.instructions().forEach(i -> follow(i, after));
            for (ControlFlow.Block s : b.successors()) {
                BitSet in = before[s.order];
                int many = in.cardinality();
                in.and(after);
                if (in.cardinality() != many) {
                    work.add(s);
                }
            }
        }
        for (ControlFlow.Block b : blocks) {
            for (Instruction i : b.instructions()) {
                for (Register r : Registers.read(i, carry)) {
                    if (!r.special() && !before[b.order].get(r.id())) {
                        watched.computeIfAbsent(r, x -> slots.predicate());
                    }
                }
                follow(i, before[b.order]);
            }
        }
    }

    /** What is surely written after an instruction. */
    private void follow(Instruction i, BitSet known) {
        if (i.guard() != null) {
            return;
        }
        if (copies(i)) {
            Register from = (Register) i.operand(1);
            known.set(((Register) i.operand(0)).id(), from.special() || known.get(from.id()));
            return;
        }
        Registers.written(i, carry).forEach(r -> known.set(r.id()));
    }

    private static boolean copies(Instruction i) {
        return i.mnemonic().equals("mov") && i.operand(0) instanceof Register && i.operand(1) instanceof Register;
    }

    /** True if a register is watched. */
    boolean watches(Register r) {
        return watched.containsKey(r);
    }

    /** The predicates to clear before a block runs. */
    int[] predicates() {
        return watched.values().stream().mapToInt(Integer::intValue).toArray();
    }

    /** True if an instruction must be a unit of its own, because it touches a watched register under a condition. */
    boolean single(Instruction i) {
        if (watched.isEmpty() || i.guard() == null && !copies(i)) {
            return false;
        }
        return Registers.read(i, carry).stream().anyMatch(watched::containsKey)
                || Registers.written(i, carry).stream().anyMatch(watched::containsKey);
    }

    /** What must be checked and noted before a unit of code; null if nothing. */
    DefinedStep step(List<Instruction> unit, int guard) {
        if (watched.isEmpty()) {
            return null;
        }
        List<DefinedStep.Read> reads = new ArrayList<>();
        Set<Integer> writes = new HashSet<>();
        Instruction first = unit.getFirst();
        if (unit.size() == 1 && copies(first)) {
            Integer to = watched.get((Register) first.operand(0));
            Integer from = watched.get((Register) first.operand(1));
            return to == null ? null : new DefinedStep(first, guard, first.negated(), reads, new int[] {to},
                    from == null ? -1 : from);
        }
        for (Instruction i : unit) {
            for (Register r : Registers.read(i, carry)) {
                Integer slot = watched.get(r);
                if (slot != null && !writes.contains(slot)) {
                    reads.add(new DefinedStep.Read(slot, r.name(), i));
                }
            }
            Registers.written(i, carry).stream().map(watched::get).filter(s -> s != null).forEach(writes::add);
        }
        return reads.isEmpty() && writes.isEmpty() ? null : new DefinedStep(first, guard, first.negated(), reads,
                writes.stream().mapToInt(Integer::intValue).toArray(), -1);
    }
}
