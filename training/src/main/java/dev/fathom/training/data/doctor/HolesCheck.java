package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.List;

/** Frames with far fewer depths than the others, and sets that are full of holes. */
final class HolesCheck implements Check {
    private static final double FEW = 0.25;
    private static final double HARDLY_ANY = 0.05;
    private static final double HALF = 0.5;
    /** Where so many frames have few depths, two sensors were mixed rather than something broken. */
    private static final double TWO_KINDS = 0.2;
    /** Laser points stand alone; a camera's depths lie beside each other. */
    private static final double BESIDE = 6;

    @Override
    public List<Finding> of(SetFacts set) {
        List<FrameFacts> frames = set.withDepth();
        if (frames.isEmpty()) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        double usual = SetFacts.median(frames, f -> f.depth().share());
        List<FrameFacts> few = frames.stream().filter(f -> f.depth().share() < FEW * usual
                || f.depth().share() < HALF * usual && usual > 0.8).toList();
        if (!few.isEmpty()) {
            boolean hardly = few.stream().anyMatch(f -> f.depth().share() < HARDLY_ANY * usual);
            boolean kinds = few.size() > TWO_KINDS * frames.size();
            findings.add(new Finding(Kind.HOLES, kinds ? Severity.NOTE : hardly ? Severity.ERROR : Severity.WARNING,
                    Check.some(few.size(), set.frames().size(), "has", "have")
                    + " depth at far fewer pixels than the others.",
                    "The first has depth at " + Check.percent(few.getFirst().depth().share())
                    + " of its pixels, half of all"
                    + " frames at " + Check.percent(usual) + " or more.",
                    "Look at them: a map that is nearly empty weighs as much in training and in means as a full one.",
                    Check.where(few, f -> Check.percent(1 - f.depth().share()) + " holes")));
        }
        double run = SetFacts.median(frames, f -> f.depth().run());
        if (usual < HALF) {
            boolean laser = run < BESIDE;
            findings.add(new Finding(Kind.HOLES, laser ? Severity.NOTE : Severity.WARNING,
                    Check.percent(1 - usual) + " of the pixels of half the frames have no depth.",
                    Check.text("Depths lie %.1f beside each other in a row, as %s.", run, laser ? "a laser's points do"
                    : "a camera's do, so whole surfaces are missing"), laser
                    ? "Nothing, if depth comes from a laser: losses and measures count the pixels with a depth."
                    : "Check which numbers the files mark holes with, and whether another version has them filled.",
                    List.of()));
        }
        long repaired = frames.stream().mapToLong(FrameFacts::repaired).sum();
        if (repaired > 0) {
            List<FrameFacts> with = frames.stream().filter(f -> f.repaired() > 0).toList();
            findings.add(new Finding(Kind.HOLES, Severity.NOTE,
                    Check.text("%,d depths are NaN, negative or infinite, and"
                    + " count as holes.", repaired), Check.some(with.size(), set.frames().size(), "has such",
                    "have such")
                    + ".", "Nothing, if they mark holes.", Check.where(with, f -> Check.text("%,d", f.repaired()))));
        }
        return findings;
    }
}
