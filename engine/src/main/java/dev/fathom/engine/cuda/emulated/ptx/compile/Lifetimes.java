package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Register;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Gives registers their places, so that those whose values are never needed at the same time share one. PTX has a new
 * register for nearly every value, thousands in a large kernel; with shared places a warp's registers fit the cache.
 *
 * <p>A register lives from its first to its last mention in the blocks' order, and through every block at whose beginning
 * or end its value may still be needed (backward data flow). Lanes that have diverged do not disturb each other: each has its
 * own column of every place.
 */
final class Lifetimes {
    private final List<ControlFlow.Block> blocks;
    private final Register carry;
    private final Predicate<Register> wanted;
    /** By id: the register, and the first and last position where it lives. */
    private final Register[] known;
    private final int[] first;
    private final int[] last;
    /** By block: what it reads before writing it, what it writes, what is needed at its beginning, and its positions. */
    private final BitSet[] used;
    private final BitSet[] defined;
    private final BitSet[] in;
    private final int[] begin;
    private final int[] end;

    private Lifetimes(List<ControlFlow.Block> blocks, Register carry, Predicate<Register> wanted) {
        int n = blocks.size();
        this.blocks = blocks;
        this.carry = carry;
        this.wanted = wanted;
        // The carry flag has the highest id.
        known = new Register[carry.id() + 1];
        first = new int[carry.id() + 1];
        last = new int[carry.id() + 1];
        used = new BitSet[n];
        defined = new BitSet[n];
        in = new BitSet[n];
        begin = new int[n];
        end = new int[n];
    }

    /**
     * Places all registers that are wanted.
     *
     * @param kept registers that share their place with no other
     */
    static void place(List<ControlFlow.Block> blocks, Register carry, Slots slots, Predicate<Register> wanted,
            Predicate<Register> kept) {
        Lifetimes lives = new Lifetimes(blocks, carry, wanted);
        lives.mentions();
        lives.flow();
        lives.stretch();
        List<Register> order = new ArrayList<>(Arrays.stream(lives.known).filter(Objects::nonNull).toList());
        order.sort(Comparator.comparingInt(r -> lives.first[r.id()]));
        PriorityQueue<Register> alive = new PriorityQueue<>(Comparator.comparingInt(r -> lives.last[r.id()]));
        for (Register r : order) {
            while (!alive.isEmpty() && lives.last[alive.peek().id()] < lives.first[r.id()]) {
                Register over = alive.poll();
                if (!kept.test(over)) {
                    slots.free(over);
                }
            }
            slots.of(r);
            alive.add(r);
        }
        slots.seal();
    }

    private void mention(Register r, int position) {
        if (known[r.id()] == null) {
            known[r.id()] = r;
            first[r.id()] = position;
        }
        first[r.id()] = Math.min(first[r.id()], position);
        last[r.id()] = Math.max(last[r.id()], position);
    }

    private void mentions() {
        int position = 0;
        for (ControlFlow.Block b : blocks) {
            used[b.order] = new BitSet();
            defined[b.order] = new BitSet();
            begin[b.order] = position++;
            for (Instruction i : b.instructions()) {
                mentions(i, position++, used[b.order], defined[b.order]);
            }
            end[b.order] = position++;
            in[b.order] = used[b.order];
        }
    }

    private void mentions(Instruction i, int position, BitSet use, BitSet define) {
        for (Register r : Registers.read(i, carry)) {
            if (!r.special() && wanted.test(r)) {
                mention(r, position);
                if (!define.get(r.id())) {
                    use.set(r.id());
                }
            }
        }
        for (Register r : Registers.written(i, carry)) {
            if (wanted.test(r)) {
                mention(r, position);
                if (i.guard() == null) {
                    define.set(r.id());
                } else if (!define.get(r.id())) {
                    use.set(r.id()); // lanes without the guard keep the value
                }
            }
        }
    }

    /** What is needed at the beginning of each block: backwards until nothing changes. */
    private void flow() {
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = blocks.size() - 1; i >= 0; i--) {
                BitSet need = after(blocks.get(i));
                need.andNot(defined[i]);
                need.or(used[i]);
                if (!need.equals(in[i])) {
                    in[i] = need;
                    changed = true;
                }
            }
        }
    }

    /** What is needed at the end of a block. */
    private BitSet after(ControlFlow.Block b) {
        BitSet need = new BitSet();
        for (ControlFlow.Block s : b.successors()) {
            need.or(in[s.order]);
        }
        return need;
    }

    private void stretch() {
        for (ControlFlow.Block b : blocks) {
            mentionAll(in[b.order], begin[b.order]);
            mentionAll(after(b), end[b.order]);
        }
    }

    private void mentionAll(BitSet ids, int position) {
        for (int id = ids.nextSetBit(0); id >= 0; id = ids.nextSetBit(id + 1)) {
            mention(known[id], position);
        }
    }
}
