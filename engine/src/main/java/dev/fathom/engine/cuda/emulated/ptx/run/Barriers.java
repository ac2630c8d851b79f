package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The barriers of a block, and who has seen what of whom.
 *
 * <p>Every warp has a clock that a barrier or a __syncwarp advances. {@code seen[w][v]} is the latest time of warp v
 * whose accesses warp w may rely on (a vector clock): its own time for itself, and what the last common barrier brought of
 * the others. An access at time c of warp v happened before what warp w does now if and only if
 * {@code seen[w][v] >= c}; that decides what is a race.
 */
final class Barriers {
    private static final int TIMES = 1 << 21;

    private final ThreadBlock block;
    private final int[][] seen;
    /** For each warp: the time up to which everything that anybody did lies before what it does now. */
    private final int[] quiet;
    /** Accesses before this time were made by an earlier block. */
    private int start = 1;
    private int latest = 1;

    Barriers(ThreadBlock block) {
        this.block = block;
        this.seen = new int[block.warps.length][block.warps.length];
        this.quiet = new int[block.warps.length];
    }

    /** A new block: nobody has seen anything. Returns true if the clocks began anew, so that all stamps are void. */
    boolean begin() {
        boolean wrapped = latest + 2 >= TIMES / 2;
        start = wrapped ? 1 : latest + 1;
        latest = start;
        for (int w = 0; w < seen.length; w++) {
            Arrays.fill(seen[w], start - 1);
            seen[w][w] = start;
            quiet[w] = start - 1;
        }
        return wrapped;
    }

    int start() {
        return start;
    }

    /** Up to this time everything that anybody in the block did lies before what a warp does now. */
    int quiet(int warp) {
        return quiet[warp];
    }

    /** A warp's own time. */
    int time(int warp) {
        return seen[warp][warp];
    }

    /** True if what warp {@code other} did at a time lies before what {@code warp} (another one) does now. */
    boolean before(int other, int time, int warp) {
        return seen[warp][other] >= time;
    }

    /** The lanes of a warp have waited for each other (__syncwarp). */
    void syncWarp(int warp) {
        tick(warp);
    }

    private void tick(int warp) {
        int now = ++seen[warp][warp];
        latest = Math.max(latest, now);
        int least = now - 1;
        for (int v = 0; v < seen.length; v++) {
            least = v == warp ? least : Math.min(least, seen[warp][v]);
        }
        quiet[warp] = least;
        if (now >= TIMES) {
            throw new IllegalStateException("a block with more than " + TIMES + " barriers");
        }
    }

    /** Lets warps go on whose barrier is complete; false if no warp waits. */
    boolean release() {
        List<Warp> waiting = new ArrayList<>();
        for (Warp w : block.warps) {
            if (w.waiting != null) {
                waiting.add(w);
            }
        }
        boolean any = false;
        while (!waiting.isEmpty()) {
            Warp first = waiting.getFirst();
            int id = number(first);
            List<Warp> same = waiting.stream().filter(w -> number(w) == id).toList();
            waiting.removeAll(same);
            any |= releaseIfComplete(same, same.size());
        }
        if (!any) {
            for (Warp w : block.warps) {
                if (w.waiting != null) {
                    throw incomplete(w);
                }
            }
        }
        return any;
    }

    private static int number(Warp w) {
        return w.r[w.waiting.id() + Integer.numberOfTrailingZeros(w.live)];
    }

    private boolean releaseIfComplete(List<Warp> arrived, int count) {
        Warp first = arrived.getFirst();
        End.Barrier barrier = first.waiting;
        if (barrier.threads() < 0) {
            if (count < block.warps.length) {
                return false;
            }
            for (Warp w : arrived) {
                if (w.live != w.existing) {
                    throw block.fault(FaultKind.DIVERGENT_BARRIER, w.waiting.at(), w, w.live,
                            FaultText.verb(w.live, "wait") + " at the barrier, which " + block.threads(w, w.existing & ~w.live)
                            + " of their warp will never reach: they have returned. Let all threads of the block reach every "
                            + "barrier: put the condition around the work instead of returning early.");
                }
                if (w.waiting.at() != barrier.at()) {
                    throw block.fault(FaultKind.BARRIER_MISMATCH, w.waiting.at(), w, w.live,
                            FaultText.verb(w.live, "wait") + " here, while " + block.threads(first, first.live) + " wait at " + barrier.at().where()
                            + ". All threads of a block must reach the same barrier.");
                }
            }
        } else {
            int wanted = first.r[barrier.threads() + Integer.numberOfTrailingZeros(first.live)];
            if (32 * count < wanted) {
                return false;
            }
        }
        join(arrived);
        if (barrier.reduce() != null) {
            reduce(arrived);
        }
        for (Warp w : arrived) {
            w.waiting = null;
        }
        return true;
    }

    /** After a barrier everyone who waited there has seen what the others had seen and done. */
    private void join(List<Warp> arrived) {
        int[] all = new int[seen.length];
        for (Warp w : arrived) {
            for (int v = 0; v < all.length; v++) {
                all[v] = Math.max(all[v], seen[w.index][v]);
            }
        }
        for (Warp w : arrived) {
            System.arraycopy(all, 0, seen[w.index], 0, all.length);
            tick(w.index);
        }
    }

    private static void reduce(List<Warp> arrived) {
        int count = 0;
        int total = 0;
        for (Warp w : arrived) {
            End.Barrier b = w.waiting;
            int votes = b.negated() ? ~w.p[b.operand()] : w.p[b.operand()];
            count += Integer.bitCount(votes & w.live);
            total += Integer.bitCount(w.live);
        }
        for (Warp w : arrived) {
            End.Barrier b = w.waiting;
            switch (b.reduce()) {
                case "popc" -> {
                    for (int lane = 0; lane < 32; lane++) {
                        w.r[b.result() + lane] = count;
                    }
                }
                case "and" -> w.p[b.result()] = count == total ? -1 : 0;
                default -> w.p[b.result()] = count > 0 ? -1 : 0;
            }
        }
    }

    private RuntimeException incomplete(Warp waiting) {
        StringBuilder missing = new StringBuilder();
        for (Warp w : block.warps) {
            if (w.waiting == null) {
                missing.append(missing.isEmpty() ? "" : ", ").append(32 * w.index).append(" to ")
                        .append(32 * w.index + Integer.bitCount(w.existing) - 1);
            } else if (number(w) != number(waiting)) {
                return block.fault(FaultKind.BARRIER_MISMATCH, waiting.waiting.at(), waiting, waiting.live,
                        FaultText.verb(waiting.live, "wait") + " at barrier " + number(waiting) + ", while " + block.threads(w, w.live) + " wait at barrier "
                        + number(w) + " (" + w.waiting.at().where() + "): nobody can go on.");
            }
        }
        return block.fault(FaultKind.DIVERGENT_BARRIER, waiting.waiting.at(), waiting, waiting.live,
                FaultText.verb(waiting.live, "wait") + " at the barrier, but threads " + missing + " of the block have returned without reaching it. All "
                + "threads of a block must reach every barrier: move it out of the condition, or put the condition around the "
                + "work instead of returning early.");
    }
}
