package dev.fathom.engine.cuda.emulated.ptx.run;

import dev.fathom.engine.cuda.emulated.ptx.syntax.Instruction;

/** vote.sync and activemask: what the lanes of a warp say of a predicate. */
public final class VoteStep extends Step {
    private final String mode;
    private final Cell target;
    private final int result;
    private final int predicate;
    private final boolean opposite;
    private final Cell members;

    /**
     * @param mode      "all", "any", "uni", "ballot", or "active" for activemask
     * @param target    the register of a ballot, or null
     * @param result    the place of the predicate of the other modes, or -1
     * @param predicate the place of the predicate voted on, or -1 for activemask
     * @param opposite  true if its opposite is voted on
     * @param members   the mask of lanes that take part, or null for activemask
     */
    public VoteStep(Instruction at, int guard, boolean negated, String mode, Cell target, int result, int predicate,
            boolean opposite, Cell members) {
        super(at, guard, negated);
        this.mode = mode;
        this.target = target;
        this.result = result;
        this.predicate = predicate;
        this.opposite = opposite;
        this.members = members;
    }

    @Override
    protected void run(Warp w, int mask) {
        int votes = mask;
        if (members != null) {
            Members.check(this, w, mask, members);
            votes &= opposite ? ~w.p[predicate] : w.p[predicate];
        }
        if (target != null) {
            for (int m = mask; m != 0; m &= m - 1) {
                target.set(w, Integer.numberOfTrailingZeros(m), votes);
            }
            return;
        }
        boolean yes = switch (mode) {
            case "all" -> votes == mask;
            case "any" -> votes != 0;
            default -> votes == 0 || votes == mask;
        };
        w.p[result] = yes ? w.p[result] | mask : w.p[result] & ~mask;
    }
}
