package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/** Pictures far too dark or too bright, or without contrast. */
final class ExposureCheck implements Check {
    private static final double DARK = 20;
    private static final double BURNT = 0.4;
    private static final double FLAT = 6;
    private static final double BLANK = 1.5;

    @Override
    public List<Finding> of(SetFacts set) {
        List<Finding> findings = new ArrayList<>();
        add(set, findings, ExposureCheck::dark, "far too dark",
                f -> Check.text("brightness %.0f of 255, %s black", f.picture().mean(),
                Check.percent(f.picture().dark())));
        add(set, findings, ExposureCheck::bright, "far too bright",
                f -> Check.text("brightness %.0f of 255, %s white", f.picture().mean(),
                Check.percent(f.picture().bright())));
        add(set, findings, f -> f.picture().contrast() < FLAT && !dark(f) && !bright(f), "almost without contrast",
                f -> Check.text("brightness %.0f, deviation %.1f", f.picture().mean(),
                f.picture().contrast()));
        return findings;
    }

    private static boolean dark(FrameFacts frame) {
        return frame.picture().mean() < DARK || frame.picture().dark() > 0.7;
    }

    private static boolean bright(FrameFacts frame) {
        return frame.picture().bright() > BURNT || frame.picture().mean() > 235;
    }

    /** Whether a picture has lost what its edges could be judged by. */
    static boolean isBad(FrameFacts frame) {
        return dark(frame) || bright(frame) || frame.picture().contrast() < FLAT;
    }

    private static void add(SetFacts set, List<Finding> findings, Predicate<FrameFacts> fault, String words,
            Function<FrameFacts, String> note) {
        List<FrameFacts> frames = set.frames().stream().filter(f -> f.picture().contrast() >= BLANK)
                .filter(fault).toList();
        if (!frames.isEmpty()) {
            findings.add(new Finding(Kind.EXPOSURE, Severity.WARNING, Check.some(frames.size(), set.frames().size(),
                    "has a picture that is", "have pictures that are") + " " + words + ".",
                    "The first: " + note.apply(frames.getFirst()) + ".",
                    "Look at them: hardly anything can be seen there that depth could be learnt from.",
                    Check.where(frames, note)));
        }
    }
}
