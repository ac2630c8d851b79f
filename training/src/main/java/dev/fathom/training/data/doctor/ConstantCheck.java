package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.List;

/** Maps without depth, maps of one depth, pictures of one colour. */
final class ConstantCheck implements Check {
    private static final double NEARLY_ALL = 0.98;
    private static final double FLAT = 1.5;

    @Override
    public List<Finding> of(SetFacts set) {
        List<Finding> findings = new ArrayList<>();
        int all = set.frames().size();
        List<FrameFacts> empty = set.frames().stream().filter(f -> !f.hasDepth()).toList();
        if (!empty.isEmpty()) {
            findings.add(new Finding(Kind.EMPTY, Severity.ERROR,
                    Check.some(empty.size(), all, "has no depth at all", "have no depth at all") + ".",
                    "Every pixel of their maps is 0, negative, infinite or no number.",
                    "Find out what wrote them: nothing can be learnt from them, and no measure has a value on them.",
                    Check.where(empty, f -> f.repaired() > 0 ? f.repaired() + " no numbers, negative or infinite"
                    : "")));
        }
        List<FrameFacts> one = set.withDepth().stream().filter(ConstantCheck::oneDepth).toList();
        if (!one.isEmpty()) {
            findings.add(new Finding(Kind.CONSTANT, Severity.ERROR,
                    Check.some(one.size(), all, "has a depth map of one value", "have depth maps of one value") + ".",
                    "No scene is as far everywhere: in the first, "
                    + Check.percent(one.getFirst().depth().commonShare())
                    + " of the depths are exactly " + Check.metres(one.getFirst().depth().commonest()) + ".",
                    "Leave them out, or write their depth again: a marker for no depth must be 0 or NaN.",
                    Check.where(one, f -> Check.metres(f.depth().commonest()))));
        }
        List<FrameFacts> blank = set.frames().stream().filter(f -> f.picture().contrast() < FLAT).toList();
        if (!blank.isEmpty()) {
            findings.add(new Finding(Kind.CONSTANT, Severity.ERROR,
                    Check.some(blank.size(), all, "has a picture of one colour", "have pictures of one colour") + ".",
                    Check.text("The brightness of the first varies by %.1f of 255 around %.0f.",
                    blank.getFirst().picture().contrast(), blank.getFirst().picture().mean()),
                    "Leave them out; where all are so, pictures of 0 to 1 were perhaps written as 8 bits.",
                    Check.where(blank, f -> Check.text("brightness %.0f", f.picture().mean()))));
        }
        return findings;
    }

    static boolean oneDepth(FrameFacts frame) {
        return frame.hasDepth() && frame.depth().commonShare() > NEARLY_ALL;
    }
}
