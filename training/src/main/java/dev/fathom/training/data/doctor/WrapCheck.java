package dev.fathom.training.data.doctor;

import java.util.List;

/** Depth that begins again at 0 beyond a limit. */
final class WrapCheck implements Check {
    private static final int FEWEST = 16;

    @Override
    public List<Finding> of(SetFacts set) {
        List<FrameFacts> wrapped = set.withDepth().stream().filter(f -> !BitsCheck.isTurned(f) && wraps(f)).toList();
        if (wrapped.isEmpty()) {
            return List.of();
        }
        WrapJumps first = wrapped.getFirst().wrap();
        return List.of(new Finding(Kind.WRAP, Severity.ERROR, Check.some(wrapped.size(), set.frames().size(), "wraps",
                "wrap") + " around: what is farther than " + Check.metres(first.modulus()) + " begins again at 0.",
                Check.text("In the first, depth falls by %s at %,d places between neighbours although it goes on smoothly"
                + " on either side; falls at contours differ in height. No depth is beyond that.",
                Check.metres(first.modulus()), first.count()),
                "The numbers were too large for their type when the files were written: write them again in a larger unit"
                + " or type, or make what is beyond the limit 0.", Check.where(wrapped,
                f -> "limit " + Check.metres(f.wrap().modulus()))));
    }

    static boolean wraps(FrameFacts frame) {
        WrapJumps wrap = frame.wrap();
        double top = frame.depth().farthest();
        return wrap.count() >= FEWEST && wrap.count() > 0.5 * wrap.falls() && wrap.modulus() > 0.985 * top
                && wrap.modulus() < 1.04 * top;
    }
}
