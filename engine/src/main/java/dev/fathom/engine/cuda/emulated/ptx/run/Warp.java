package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;

/**
 * 32 lanes with their registers, and the groups that they have split into.
 *
 * <p>Lanes of one group execute together. A branch that not all take splits a group; groups that come to the same block
 * are one again. Of several groups the one whose block comes first in the program's order runs.
 */
public final class Warp {
    /** 32-bit and 16-bit registers: register k of lane i is at k + i, where k is the register's place. */
    public final int[] r;
    /** 64-bit registers. */
    public final long[] d;
    /** Predicates: a bit a lane. */
    public final int[] p;
    /** Scratch of the step that runs: device addresses of the lanes. */
    final long[] address = new long[32];
    /** Scratch of the step that runs: the same on the host. */
    final long[] host = new long[32];

    /** Lanes that write where another thread wrote with nothing between: their value must be what is there already. */
    int agreeBefore;
    /** Lanes that write where another lane writes in the same instruction: their value must be what is there then. */
    int agreeAfter;

    final ThreadBlock block;
    final LaneCode lanes;
    /** The warp's number in its block. */
    final int index;
    /** Lanes that exist: fewer than 32 in the last warp of some blocks. */
    int existing;
    /** Lanes that have not returned. */
    int live;
    /** The barrier that all live lanes wait at, or null. */
    End.Barrier waiting;

    private final int[] watched;
    private final CodeBlock[] code;
    private final int[] groupBlock = new int[33];
    private final int[] groupMask = new int[33];
    private int groups;

    Warp(Program program, ThreadBlock block, int index) {
        this.r = new int[program.ints()];
        this.d = new long[program.longs()];
        this.p = new int[program.predicates()];
        this.code = program.blocks();
        this.lanes = program.lanes();
        this.watched = program.watched();
        this.block = block;
        this.index = index;
    }

    /** Puts all lanes at the beginning. */
    void begin(int lanesThatExist) {
        existing = lanesThatExist;
        live = lanesThatExist;
        waiting = null;
        groups = 1;
        groupBlock[0] = 0;
        groupMask[0] = lanesThatExist;
        for (int slot : watched) {
            p[slot] = 0;
        }
    }

    /** The number of a lane's thread in its block. */
    int thread(int lane) {
        return index * 32 + lane;
    }

    /** Runs until the lanes wait at a barrier or all have returned. */
    void run() {
        while (groups > 0) {
            int mask = groupMask[0];
            CodeBlock c = code[groupBlock[0]];
            block.spend(c.count(), c);
            for (Step s : c.steps()) {
                s.step(this, mask);
            }
            switch (c.end()) {
                case End.Jump j -> move(j.target(), mask);
                case End.Branch b -> {
                    int taken = mask & (b.negated() ? ~p[b.predicate()] : p[b.predicate()]);
                    if (taken == 0) {
                        move(b.next(), mask);
                    } else if (taken == mask) {
                        move(b.taken(), mask);
                    } else {
                        split(b, taken, mask & ~taken);
                    }
                }
                case End.Table t -> table(t, mask);
                case End.Barrier b -> {
                    if (mask != live) {
                        throw divergent(b, mask);
                    }
                    move(b.next(), mask);
                    waiting = b;
                    return;
                }
            }
        }
    }

    /** The group that ran, the first one, goes to a block. */
    private void move(int target, int mask) {
        if (groups == 1) {
            if (target == End.EXIT) {
                live &= ~mask;
                groups = 0;
            } else {
                groupBlock[0] = target;
            }
            return;
        }
        removeFirst();
        place(target, mask);
    }

    private void split(End.Branch b, int taken, int others) {
        removeFirst();
        place(b.taken(), taken);
        place(b.next(), others);
    }

    private void removeFirst() {
        groups--;
        System.arraycopy(groupBlock, 1, groupBlock, 0, groups);
        System.arraycopy(groupMask, 1, groupMask, 0, groups);
    }

    private void place(int target, int mask) {
        if (target == End.EXIT) {
            live &= ~mask;
            return;
        }
        int i = 0;
        while (i < groups && groupBlock[i] < target) {
            i++;
        }
        if (i < groups && groupBlock[i] == target) {
            groupMask[i] |= mask;
            return;
        }
        System.arraycopy(groupBlock, i, groupBlock, i + 1, groups - i);
        System.arraycopy(groupMask, i, groupMask, i + 1, groups - i);
        groupBlock[i] = target;
        groupMask[i] = mask;
        groups++;
    }

    private void table(End.Table t, int mask) {
        removeFirst();
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            int choice = r[t.index() + lane];
            if (choice < 0 || choice >= t.targets().length) {
                throw block.fault(FaultKind.TRAP, t.at(), this, 1 << lane,
                        "jump to entry " + choice + " of a branch table of " + t.targets().length + ".");
            }
            place(t.targets()[choice], 1 << lane);
        }
    }

    private RuntimeException divergent(End.Barrier b, int mask) {
        StringBuilder where = new StringBuilder();
        for (int i = 0; i < groups; i++) {
            if ((groupMask[i] & ~mask) != 0) {
                CodeBlock c = code[groupBlock[i]];
                where.append(where.isEmpty() ? "" : "; ").append(block.threads(this, groupMask[i] & ~mask)).append(" at ")
                        .append(c.first() == null ? "the end" : c.first().where());
            }
        }
        return block.fault(FaultKind.DIVERGENT_BARRIER, b.at(), this, mask, FaultText.verb(mask, "arrive") + " at the barrier without the rest of "
                + "their warp (" + where + "). All threads of a block must reach the same barrier: move it out of the "
                + "condition, or make the condition the same for the whole block.");
    }
}
