package dev.fathom.engine.cuda.emulated.ptx.compile;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Function;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Operand.Symbol;
import dev.fathom.engine.cuda.emulated.ptx.syntax.PtxException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/**
 * The basic blocks of a kernel in the order by which diverged lanes are scheduled.
 *
 * <p>Of the groups of lanes that a warp has split into, the one whose block comes first in this order runs next. The
 * order is a weak topological one (Bourdoncle, "Efficient chaotic iteration strategies with widenings", 1993): a block
 * comes after those that lead to it, except along loops, and the blocks of a loop stand together, before what follows the
 * loop. So lanes that left a loop wait for those still in it, both sides of a branch finish before the block where
 * they meet, and lanes are together again where a GPU's are.
 */
final class ControlFlow {
    /** The target that means: these lanes are done. */
    static final int EXIT = Integer.MAX_VALUE;

    /** A straight piece of code. {@code last} ends it (a branch, a barrier, a return) or is null. */
    static final class Block {
        final List<Instruction> body = new ArrayList<>();
        Instruction last;
        /** Where the lanes go that take {@code last}: one block, several for a branch table, none for a return. */
        final List<Block> targets = new ArrayList<>();
        /** The block that follows in the text, if lanes can fall through; else null. */
        Block next;
        int order = -1;
        private int mark;

        /** The body, and what ends it. */
        List<Instruction> instructions() {
            List<Instruction> all = new ArrayList<>(body);
            if (last != null) {
                all.add(last);
            }
            return all;
        }

        List<Block> successors() {
            List<Block> all = new ArrayList<>(targets);
            if (next != null) {
                all.add(next);
            }
            return all;
        }
    }

    private final Function function;
    private final List<Block> ordered = new ArrayList<>();
    private final Deque<Block> stack = new ArrayDeque<>();
    private int visits;

    private ControlFlow(Function function) {
        this.function = function;
    }

    /** The reachable blocks in scheduling order; the first is where the kernel begins. */
    static List<Block> order(Function function) {
        ControlFlow flow = new ControlFlow(function);
        Block first = flow.split();
        List<Block> result = new ArrayList<>();
        flow.visit(first, result);
        // Built from the end.
        for (int i = result.size() - 1; i >= 0; i--) {
            result.get(i).order = flow.ordered.size();
            flow.ordered.add(result.get(i));
        }
        return flow.ordered;
    }

    /** True for instructions that end a block. */
    static boolean ends(Instruction i) {
        return switch (i.mnemonic()) {
            case "bra", "brx", "ret", "exit", "bar", "barrier" -> !i.opcode().startsWith("bar.warp");
            default -> false;
        };
    }

    private Block split() {
        List<Instruction> code = function.instructions();
        BitSet leaders = new BitSet();
        leaders.set(0);
        function.labels().values().forEach(leaders::set);
        for (int i = 0; i < code.size(); i++) {
            if (ends(code.get(i))) {
                leaders.set(i + 1);
            }
        }
        // One past the end: falling off a function is a return.
        Block[] at = new Block[code.size() + 1];
        for (int i = leaders.nextSetBit(0); i >= 0 && i <= code.size(); i = leaders.nextSetBit(i + 1)) {
            at[i] = new Block();
        }
        Block block = null;
        for (int i = 0; i < code.size(); i++) {
            if (at[i] != null) {
                if (block != null && block.last == null) {
                    block.next = at[i];
                }
                block = at[i];
            }
            Instruction instruction = code.get(i);
            if (ends(instruction)) {
                finish(block, instruction, at, i);
            } else {
                block.body.add(instruction);
            }
        }
        if (block.last == null && at[code.size()] != null && block != at[code.size()]) {
            block.next = at[code.size()];
        }
        return at[0];
    }

    private void finish(Block block, Instruction last, Block[] at, int index) {
        block.last = last;
        boolean always = last.guard() == null;
        switch (last.mnemonic()) {
            case "bra" -> block.targets.add(target(last, ((Symbol) last.operand(0)).name(), at));
            case "brx" -> {
                String table = ((Symbol) last.operand(1)).name();
                for (String label : function.tables().getOrDefault(table, List.of())) {
                    block.targets.add(target(last, label, at));
                }
            }
            case "bar", "barrier" -> always = false;
            default -> { }
        }
        if (!always) {
            block.next = at[index + 1];
        }
    }

    private Block target(Instruction from, String label, Block[] at) {
        Integer index = function.labels().get(label);
        if (index == null) {
            throw new PtxException("line " + from.ptxLine() + " of " + function.name() + ": there is no label " + label);
        }
        return at[index];
    }

    /** Bourdoncle's algorithm; the result is built backwards. Returns the lowest mark reachable from v. */
    private int visit(Block v, List<Block> result) {
        stack.push(v);
        v.mark = ++visits;
        int head = v.mark;
        boolean loop = false;
        for (Block s : v.successors()) {
            int low = s.mark == 0 ? visit(s, result) : s.mark;
            if (low <= head) {
                head = low;
                loop = true;
            }
        }
        if (head == v.mark) {
            v.mark = Integer.MAX_VALUE;
            Block top = stack.pop();
            if (loop) {
                while (top != v) {
                    top.mark = 0;
                    top = stack.pop();
                }
                List<Block> inner = new ArrayList<>();
                for (Block s : v.successors()) {
                    if (s.mark == 0) {
                        visit(s, inner);
                    }
                }
                result.addAll(inner);
            }
            result.add(v);
        }
        return head;
    }
}
