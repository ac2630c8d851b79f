package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.List;

/** Disparity, or depth subtracted from a number, in place of depth. */
final class PolarityCheck implements Check {
    /** Slopes that a frame, and a set, is judged by. */
    private static final int FEW = 60;
    private static final int MANY = 200;
    /** Between the sag of disparity, 0, and that of depth, 1. */
    private static final double BENT = 0.3;
    private static final double SOUND = 0.6;
    private static final int FRAMES = 6;
    private static final double MOST = 0.85;
    /** Of the natural logarithms that {@link DepthFacts#trend} is: a set's that says where the ground is; how far off. */
    private static final double CLEAR = -0.3;
    private static final double AWAY = 6;
    private static final double LEAST_SPREAD = 0.08;

    @Override
    public List<Finding> of(SetFacts set) {
        List<FrameFacts> frames = set.withDepth().stream().filter(f -> !ConstantCheck.oneDepth(f)
                && !BitsCheck.isTurned(f) && !WrapCheck.wraps(f)).toList();
        List<FrameFacts> bent = frames.stream().filter(PolarityCheck::isInverse).toList();
        double sag = SetFacts.median(frames.stream().filter(f -> f.planes().places() >= FEW).toList(),
                f -> f.planes().sag());
        long slopes = frames.stream().mapToLong(f -> f.planes().places()).sum();
        List<FrameFacts> sloped = frames.stream().filter(f -> Math.abs(f.depth().trend()) > 0.02).toList();
        List<FrameFacts> rising = sloped.stream().filter(f -> f.depth().trend() > 0).toList();
        boolean below = sloped.size() >= FRAMES && rising.size() >= MOST * sloped.size();
        List<Finding> findings = new ArrayList<>();
        if (!bent.isEmpty() && slopes >= MANY) {
            boolean all = bent.size() >= 0.5 * frames.size();
            double number = all ? sag : SetFacts.median(bent, f -> f.planes().sag());
            findings.add(finding(set, all ? frames : bent, number,
                    Check.text("Along planes 1/Z is linear, so depth sags"
                    + " below a straight line and disparity does not: the sag is %.2f here, where depth has 1, disparity 0"
                    + " and depth subtracted from a number less%s.", number, rising.isEmpty() ? "" : "; "
                    + Check.some(rising.size(), frames.size(), "has", "have")
                    + " larger numbers at the lower edge, where the"
                    + " ground is near")));
        } else if (below && !(sag > SOUND)) {
            findings.add(finding(set, rising, Double.NaN,
                    Check.text("In %,d of %,d frames the numbers are larger in the"
                    + " lowest third of the picture, where the ground is near, than above.", rising.size(), sloped
                    .size())));
        } else {
            alone(set, frames, findings);
        }
        return findings;
    }

    /** Frames whose lower edge is far, among many where it is near. */
    private static void alone(SetFacts set, List<FrameFacts> frames, List<Finding> findings) {
        double usual = SetFacts.median(frames, f -> f.depth().trend());
        double spread = Math.max(LEAST_SPREAD, SetFacts.deviation(frames, f -> f.depth().trend()));
        List<FrameFacts> odd = frames.stream().filter(f -> f.depth().trend() > -usual / 3
                && f.depth().trend() - usual > AWAY * spread && !(f.planes().places() >= FEW
                && f.planes().sag() > SOUND))
                .toList();
        if (frames.size() >= FRAMES && usual < CLEAR && !odd.isEmpty() && odd.size() < 0.3 * frames.size()) {
            findings.add(new Finding(Kind.POLARITY, Severity.WARNING, Check.some(odd.size(), set.frames().size(),
                    "has its",
                    "have their") + " larger numbers at the lower edge, where the others have the smaller ones.",
                    Check.text("In the first the median of the lowest third is %.2f times that of the rest, in half of all"
                    + " frames %.2f times or less.", Math.exp(odd.getFirst().depth().trend()), Math.exp(usual)),
                    "Look whether these are disparity, or pictures taken another way round.",
                    Check.where(odd, f -> Check.text("%.2f times", Math.exp(f.depth().trend())))));
        }
    }

    private static Finding finding(SetFacts set, List<FrameFacts> frames, double sag, String why) {
        String numbers = Double.isNaN(sag) ? "numbers" : sag < -BENT ? "depth subtracted from a number"
                : "disparity (1/Z)";
        return new Finding(Kind.POLARITY, Severity.ERROR, Check.some(frames.size(), set.frames().size(), "holds",
                "hold") + " "
                + numbers + ", not depth: larger is nearer.", why, set.unitSetting()
                ? "Try quantity=disparity in --dataset, with scale= the product of focal length and baseline where it is"
                + " known; or quantity=depth, if that is set already."
                : "Write depth instead; --dataset pairs:... reads disparity, with quantity=disparity and its"
                + " scale.", Check.where(frames, f -> f.planes().places() < FEW ? "" : Check.text("sag %.2f",
                f.planes().sag())));
    }

    /** By its planes; with few of them not where the numbers grow upwards, as depth does. */
    static boolean isInverse(FrameFacts frame) {
        int places = frame.planes().places();
        double trend = frame.depth().trend();
        // In few steps every slope is a staircase, and straight.
        return frame.planes().sag() < BENT && !(frame.depth().eightBit() && trend < 0.02) && (places >= MANY
                || places >= FEW && !(trend < -0.02)
                || places >= FEW / 3 && trend > 0.1);
    }
}
