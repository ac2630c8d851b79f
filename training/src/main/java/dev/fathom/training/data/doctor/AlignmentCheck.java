package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.List;

/** Depth that lies beside what the picture shows: shifted or mirrored, in the whole set or in single frames. */
final class AlignmentCheck implements Check {
    /** Edges that a set, and a frame, is judged by. */
    private static final int SET = 300;
    private static final int FRAME = 50;
    /** How far the best fit must be above chance, in standard deviations, and the least shift in cells. */
    private static final double SURE = 5;
    private static final int LEAST_SET = 2;
    private static final int LEAST_FRAME = 3;
    /** The fit as read, above chance, must be less than this share of the best one. */
    private static final double WORSE_SET = 0.85;
    private static final double WORSE_FRAME = 0.55;
    /** Scattered depths say less exactly where a contour is. */
    private static final double SCATTERED = 0.5;
    private static final int LEAST_SCATTERED = 3;
    /** Less far above chance it must be much better than as read. */
    private static final double LIKELY = 4;
    private static final double MUCH_WORSE = 0.45;
    /** In pictures that are half smooth and half rough, chance varies much; then a fit must be this good by itself. */
    private static final double GOOD = 200;
    private static final int MANY = 100;
    private static final double POSSIBLE = 3;
    /** Shares of the usual fit of a set that a frame has less of as read, and more of when it is moved. */
    private static final double POOR = 0.6;
    private static final double FAIR = 0.6;
    private static final int FEW = 4;

    @Override
    public List<Finding> of(SetFacts set) {
        List<Finding> findings = new ArrayList<>();
        ShiftSurface.Best best = set.surface().best();
        int mirror = set.surface().bestMirror();
        int least = SetFacts.median(set.withDepth(), f -> f.depth().share()) < SCATTERED ? LEAST_SCATTERED : LEAST_SET;
        boolean enough = set.surface().edges() >= SET;
        if (enough && mirrored(mirror, set.surface().mirror(mirror), best)) {
            findings.add(mirrored(set, set.frames(), mirror, set.surface().mirror(mirror), best));
        } else if (enough && shifted(best, set.surface().edges(), least, WORSE_SET)) {
            findings.add(shifted(set, set.frames(), best));
        } else {
            single(set, findings);
        }
        return findings;
    }

    private static void single(SetFacts set, List<Finding> findings) {
        List<FrameFacts> mirrored = set.frames().stream().filter(f -> f.edges() >= FRAME && mirrored(f.mirror(),
                f.mirrorScore(), f.shift())).toList();
        if (!mirrored.isEmpty()) {
            FrameFacts first = mirrored.getFirst();
            findings.add(mirrored(set, mirrored, first.mirror(), first.mirrorScore(), first.shift()));
        }
        double usual = usual(set);
        List<FrameFacts> shifted = set.frames().stream().filter(f -> f.edges() >= FRAME && !mirrored.contains(f)
                && shifted(f.shift(), f.edges(), LEAST_FRAME, WORSE_FRAME) && isOdd(f.shift(), usual)).toList();
        if (!shifted.isEmpty()) {
            findings.add(shifted(set, shifted, shifted.getFirst().shift()));
        }
    }

    /** How far above chance the contours of a frame lie that fits well, as read; 0 where few frames say so. */
    private static double usual(SetFacts set) {
        double[] fits = set.frames().stream().filter(f -> f.edges() >= FRAME).mapToDouble(f -> f.shift().asRead()
                - f.shift().chance()).sorted().toArray();
        return fits.length < FEW ? 0 : fits[fits.length * 3 / 4];
    }

    /** Whether it fits badly for the set as read, and well when it is moved: in a rough picture anything fits a little. */
    private static boolean isOdd(ShiftSurface.Best best, double usual) {
        return usual <= 0 || best.asRead() - best.chance() < POOR * usual
                && best.score() - best.chance() > FAIR * usual;
    }

    private static boolean mirrored(int mirror, double score, ShiftSurface.Best best) {
        return mirror != 0 && best.spread() > 0 && (score - best.chance()) / best.spread() > SURE
                && score >= best.score() - best.spread() && worse(best.asRead(), score, best.chance(), WORSE_FRAME);
    }

    private static boolean shifted(ShiftSurface.Best best, long edges, int least, double worse) {
        boolean muchWorse = worse(best.asRead(), best.score(), best.chance(), MUCH_WORSE);
        return Math.max(Math.abs(best.dx()), Math.abs(best.dy())) >= least
                && (best.significance() > SURE && worse(best.asRead(), best.score(), best.chance(), worse)
                || best.significance() > LIKELY && muchWorse
                || best.significance() > POSSIBLE && muchWorse && best.score() > GOOD && edges >= MANY);
    }

    private static boolean worse(double asRead, double best, double chance, double share) {
        return asRead - chance < share * (best - chance);
    }

    private static Finding mirrored(SetFacts set, List<FrameFacts> frames, int mirror, double score,
            ShiftSurface.Best best) {
        return new Finding(Kind.MISALIGNED, Severity.ERROR, Check.some(frames.size(), set.frames().size(),
                "has a depth that is mirrored ", "have a depth that is mirrored ") + ShiftSurface.mirrorWords(mirror)
                + ", or a picture that is.", Check.text("Where depth jumps, the picture's change has a mean rank of %.0f of"
                + " 255 as read, %.0f with the depth turned, and %.0f by chance.", best.asRead(), score, best.chance()),
                "Turn one of the two; something may have mirrored the pictures alone.", Check.where(frames, f -> ""));
    }

    private static Finding shifted(SetFacts set, List<FrameFacts> frames, ShiftSurface.Best best) {
        FrameFacts first = frames.getFirst();
        long right = Math.round(best.dx() * first.step());
        long down = Math.round(best.dy() * first.step());
        return new Finding(Kind.MISALIGNED, Severity.ERROR, Check.some(frames.size(), set.frames().size(),
                "has a depth that lies beside the picture: it fits best moved by ",
                "have a depth that lies beside the picture: it fits best moved by ") + words(right, down) + ".",
                Check.text("Where depth jumps, the picture's change has a mean rank of %.0f of 255 as read, %.0f with the"
                + " depth moved, and %.0f +- %.1f by chance (%,d edges).", best.asRead(), best.score(), best.chance(),
                best.spread(), frames.size() == set.frames().size() ? set.surface().edges() : first.edges()),
                "Check that both are of one camera, rectified and cropped alike, and taken at the same time.",
                Check.where(frames, f -> f.edges() < FRAME ? "" : Check.text("best at %d, %d pixels",
                Math.round(f.shift().dx() * f.step()), Math.round(f.shift().dy() * f.step()))));
    }

    /** {@code 8 pixels to the right and 2 down}. */
    private static String words(long right, long down) {
        String across = right == 0 ? "" : Math.abs(right) + (right > 0 ? " to the right" : " to the left");
        String along = down == 0 ? "" : Math.abs(down) + (down > 0 ? " down" : " up");
        return (across + (across.isEmpty() || along.isEmpty() ? "" : " and ") + along).replaceFirst("^(\\d+)",
                "$1 pixels");
    }
}
