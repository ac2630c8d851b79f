package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** Depth that is no metres: too far or too near for any scene, scaled to 0..1, or in two units. */
final class UnitCheck implements Check {
    /**
     * Units that depth files come in.
     *
     * @param setting what {@code unit=} takes, or a number of metres for {@code scale=}
     */
    private record Unit(String name, double metres, String setting) {
    }

    private static final List<Unit> UNITS = List.of(new Unit("metres", 1, "unit=m"),
            new Unit("millimetres", 1e-3, "unit=mm"), new Unit("centimetres", 1e-2, "unit=cm"),
            new Unit("metres times 256 (as KITTI's)", 1 / 256.0, "scale=1/256"),
            new Unit("metres times 5000 (as TUM's)", 1 / 5000.0, "scale=1/5000"), new Unit("inches", 0.0254,
            "unit=inch"),
            new Unit("micrometres", 1e-6, "unit=um"));
    /** Medians of a set that no room and no street has. */
    private static final double TOO_FAR = 150;
    private static final double TOO_NEAR = 0.05;
    /** Medians that rooms and streets hardly have, but maps from the air or of a table may. */
    private static final double FAR = 80;
    private static final double NEAR = 0.5;
    /** Medians that few streets have: said, no more. */
    private static final double WIDE = 35;
    /** Medians that a unit is suggested for. */
    private static final double LEAST = 0.7;
    private static final double MOST = 60;
    private static final double TYPICAL = 4;
    /** A frame whose median differs from the set's by more is in another unit. */
    private static final double ANOTHER = 30;
    /** By this factor, and so many deviations of the other frames' logarithms, it perhaps is. */
    private static final double PERHAPS = 6;
    private static final double AWAY = 8;

    @Override
    public List<Finding> of(SetFacts set) {
        List<FrameFacts> frames = set.withDepth().stream().filter(f -> !MarkerCheck.marked(f)).toList();
        if (frames.isEmpty()) {
            return List.of();
        }
        double median = SetFacts.median(frames, f -> f.depth().median());
        List<Finding> findings = new ArrayList<>();
        List<FrameFacts> scaled = frames.stream().filter(f -> f.depth().farthest() <= 1).toList();
        boolean atOne = scaled.stream().filter(f -> f.depth().farthest() > 0.98).count() > scaled.size() / 2;
        if (scaled.size() > 0.9 * frames.size() && atOne && frames.size() > 1) {
            findings.add(new Finding(Kind.UNIT, Severity.ERROR, "Depth is scaled to 0..1, so it is no metres.",
                    Check.some(scaled.size(), frames.size(), "ends", "end")
                    + " at 1 or just below, and none is beyond.",
                    "Find out what 1 stands for: a factor for all frames makes metres again; a factor for each frame is"
                    + " lost, and then only relative depth can be learnt from this set.",
                    Check.where(scaled, UnitCheck::medianOf)));
        } else if (median > WIDE || median < NEAR) {
            findings.add(whole(set, frames, median));
        }
        single(set, frames, findings);
        double spread = Math.max(0.1, SetFacts.deviation(frames, f -> Math.log(f.depth().median())));
        List<FrameFacts> others = frames.stream().filter(f -> !ConstantCheck.oneDepth(f)
                && Math.abs(Math.log(f.depth().median() / median)) > Math.log(ANOTHER)).toList();
        List<FrameFacts> odd = frames.stream().filter(f -> !ConstantCheck.oneDepth(f) && !others.contains(f)
                && Math.abs(Math.log(f.depth().median() / median)) > Math.max(Math.log(PERHAPS),
                AWAY * spread)).toList();
        if (!odd.isEmpty() && frames.size() > 4) {
            findings.add(another(set, frames, odd, median, Severity.WARNING, "is perhaps", "are perhaps"));
        }
        if (!others.isEmpty() && frames.size() > 2) {
            findings.add(another(set, frames, others, median, Severity.ERROR, "is", "are"));
        }
        return findings;
    }

    /** Frames that end at exactly 1 in a set that does not. */
    private static void single(SetFacts set, List<FrameFacts> frames, List<Finding> findings) {
        List<FrameFacts> one = frames.stream().filter(f -> f.depth().farthest() == 1
                && !ConstantCheck.oneDepth(f)).toList();
        double usual = SetFacts.median(frames, f -> f.depth().farthest());
        if (findings.isEmpty() && !one.isEmpty() && usual > 2) {
            findings.add(new Finding(Kind.UNIT, Severity.ERROR, Check.some(one.size(), set.frames().size(), "is", "are")
                    + " scaled to 0..1, unlike the others.", "The largest depth is exactly 1 there; half of all frames"
                    + " reach " + Check.metres(usual) + " or more.", "Write them again in metres, or leave them out.",
                    Check.where(one, UnitCheck::medianOf)));
        }
    }

    private static Finding another(SetFacts set, List<FrameFacts> frames, List<FrameFacts> others, double median,
            Severity severity, String one, String more) {
        return new Finding(Kind.UNIT, severity, Check.some(others.size(), set.frames().size(), one, more)
                + " in another unit than the others.", "The median depth of the first is "
                + Check.metres(others.getFirst().depth().median()) + ", that of the " + frames.size() + " frames "
                + Check.metres(median) + ": a factor of " + factor(others.getFirst().depth().median() / median) + ".",
                "Write all frames in one unit, or read the two kinds as two data sets with a unit each.",
                Check.where(others, UnitCheck::medianOf));
    }

    private static String medianOf(FrameFacts frame) {
        return "median " + Check.metres(frame.depth().median());
    }

    private static String factor(double factor) {
        return factor >= 1 ? Check.text("%.3g", factor) : Check.text("1/%.3g", 1 / factor);
    }

    private static Finding whole(SetFacts set, List<FrameFacts> frames, double median) {
        boolean sure = median > TOO_FAR || median < TOO_NEAR;
        boolean far = median > WIDE;
        int perMetre = perMetre(frames);
        double raw = median * perMetre;
        List<Unit> likely = UNITS.stream().filter(u -> Math.abs(u.metres * perMetre - 1) > 1e-6)
                .filter(u -> raw * u.metres > LEAST && raw * u.metres < MOST)
                .sorted(Comparator.comparingDouble(u -> Math.abs(Math.log(raw * u.metres / TYPICAL))
                + rarity(u))).toList();
        String numbers = perMetre > 1 ? Check.text("; the files' own numbers, %d a metre, have a median of %.0f",
                perMetre,
                raw) : frames.stream().allMatch(f -> f.bits().map(b -> b.perMetre() == 1).orElse(false))
                ? "; and every one of them is a whole number, which metres are not" : "";
        String question = likely.isEmpty() ? "" : " Were " + likely.getFirst().name + " read as "
                + (perMetre == 1 ? "metres" : "something else") + "? Then the median would be "
                + likely.stream().limit(3)
                .map(u -> Check.metres(raw * u.metres) + (u == likely.getFirst() ? "" : " (as " + u.name + ")"))
                .collect(Collectors.joining(", or ")) + ".";
        return new Finding(Kind.UNIT, sure ? Severity.ERROR : median > FAR || !far ? Severity.WARNING : Severity.NOTE,
                "The depths are " + (sure ? "too " : "unusually ") + (far ? "far" : "near")
                + " for rooms or streets: half of them are "
                + (far ? "beyond " : "nearer than ") + Check.metres(median) + ".",
                "Half of all rooms' depths are within 1 to 6 m, of streets' within 5 to 30 m" + numbers + "."
                + question,
                advice(set, likely, sure), Check.where(frames, UnitCheck::medianOf));
    }

    private static double rarity(Unit unit) {
        return UNITS.indexOf(unit) * 0.25;
    }

    /** How many of the files' numbers make a metre, where all frames show one number. */
    private static int perMetre(List<FrameFacts> frames) {
        List<Integer> known = frames.stream().map(f -> f.bits().map(BitPattern::perMetre).orElse(0)).distinct().toList();
        return known.size() == 1 && known.getFirst() > 0 ? known.getFirst() : 1;
    }

    private static String advice(SetFacts set, List<Unit> likely, boolean sure) {
        if (likely.isEmpty()) {
            return "Look up the unit of the files; depth must be in metres.";
        }
        String setting = likely.getFirst().setting;
        String how = set.unitSetting() ? "Try " + setting + " in --dataset."
                : "Look up the unit of the files: this format fixes it, and --dataset pairs:... reads others, with "
                + setting + ".";
        return sure ? how : how + " If the scenes are that " + "near or far, all is well.";
    }
}
