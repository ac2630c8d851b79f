package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.report.FaultKind;
import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** shfl.sync: lanes read a register of other lanes. */
public final class ShuffleStep extends Step {
    private final String mode;
    private final Cell target;
    private final int valid;
    private final Cell source;
    private final Cell distance;
    private final Cell clamp;
    private final Cell members;

    /**
     * @param mode    "bfly", "up", "down" or "idx"
     * @param valid   the place of the predicate that says whether the source lane was in range, or -1
     * @param clamp   the operand c: bits 0 to 4 the clamp, bits 8 to 12 the segment mask
     * @param members the mask of lanes that take part
     */
    public ShuffleStep(Instruction at, int guard, boolean negated, String mode, Cell target, int valid, Cell source,
            Cell distance, Cell clamp, Cell members) {
        super(at, guard, negated);
        this.mode = mode;
        this.target = target;
        this.valid = valid;
        this.source = source;
        this.distance = distance;
        this.clamp = clamp;
        this.members = members;
    }

    @Override
    protected void run(Warp w, int mask) {
        Members.check(this, w, mask, members);
        int[] before = new int[32];
        System.arraycopy(w.r, source.slot(), before, 0, 32);
        int inRange = 0;
        for (int m = mask; m != 0; m &= m - 1) {
            int lane = Integer.numberOfTrailingZeros(m);
            int b = (int) distance.get(w, lane) & 31;
            int c = (int) clamp.get(w, lane);
            int segment = c >>> 8 & 31;
            int most = lane & segment | c & 31 & ~segment;
            int least = lane & segment;
            int from = switch (mode) {
                case "up" -> lane - b;
                case "down" -> lane + b;
                case "bfly" -> lane ^ b;
                default -> least | b & ~segment;
            };
            // "up" has its limit below: the clamp is the lowest lane then.
            boolean ok = mode.equals("up") ? from >= most : from <= most;
            if (!ok) {
                from = lane;
            }
            if ((mask >>> from & 1) == 0) {
                throw w.block.fault(FaultKind.INCOMPLETE_WARP, at, w, 1 << lane, "reads a register of thread "
                        + w.thread(from) + " by a shuffle in which that does not take part: what it gets is not defined.");
            }
            inRange |= ok ? 1 << lane : 0;
            target.set(w, lane, before[from]);
        }
        if (valid >= 0) {
            w.p[valid] = w.p[valid] & ~mask | inRange;
        }
    }
}
