package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** One value at many pixels of many frames: a mark for no depth, or the end of the sensor's range; and 8-bit maps. */
final class MarkerCheck implements Check {
    private static final double LEAST_MARK = 0.02;
    private static final double LEAST_LIMIT = 0.1;
    private static final double MANY = 0.3;
    /** A mark is apart from all depths by this factor; in a single frame by more. */
    private static final double APART = 1.25;
    private static final double FAR_APART = 3;

    @Override
    public List<Finding> of(SetFacts set) {
        List<Finding> findings = new ArrayList<>();
        List<FrameFacts> frames = set.withDepth().stream().filter(f -> !ConstantCheck.oneDepth(f)).toList();
        Map<Float, List<FrameFacts>> byValue = frames.stream().filter(f -> f.depth().commonShare() > LEAST_MARK)
                .collect(Collectors.groupingBy(f -> f.depth().commonest()));
        byValue.values().stream().filter(same -> same.size() >= 2 && same.size() >= MANY * frames.size())
                .max(Comparator.comparingInt(List::size)).ifPresent(same -> value(set, same, findings));
        List<FrameFacts> single = findings.isEmpty() ? frames.stream().filter(MarkerCheck::marked).toList() : List.of();
        if (!single.isEmpty()) {
            value(set, single, findings);
        }
        List<FrameFacts> coarse = frames.stream().filter(f -> f.depth().eightBit()).toList();
        if (coarse.size() > frames.size() / 2) {
            int levels = (int) SetFacts.median(coarse, f -> f.depth().levels());
            findings.add(new Finding(Kind.LEVELS, Severity.WARNING, Check.some(coarse.size(), set.frames().size(),
                    "has",
                    "have") + " depth in 8 bits.", "Every depth is one of at most 255 multiples of a step; half of the"
                    + " frames have " + levels + " different depths or fewer.",
                    "Look for the maps in 16 bits or float32: pictures of depth made for people are 8 bits, scaled frame by"
                    + " frame, and no measurement.", Check.where(coarse, f -> f.depth().levels() + " depths")));
        }
        return findings;
    }

    /** Whether a value stands so far apart that it is no depth, whatever the other frames have. */
    static boolean marked(FrameFacts frame) {
        return frame.depth().commonShare() > LEAST_MARK && frame.depth().gap() > FAR_APART;
    }

    private static void value(SetFacts set, List<FrameFacts> same, List<Finding> findings) {
        String value = Check.text("%.6g m", same.getFirst().depth().commonest());
        boolean far = same.stream().allMatch(f -> f.depth().commonest() == f.depth().farthest());
        String found = Check.some(same.size(), set.frames().size(), "has", "have") + " exactly " + value + " at "
                + Check.percent(SetFacts.median(same, f -> f.depth().commonShare())) + " of the depths (median).";
        List<Finding.Frame> where = Check.where(same, f -> Check.percent(f.depth().commonShare()));
        if (same.stream().filter(f -> f.depth().gap() > APART).count() > same.size() / 2) {
            findings.add(new Finding(Kind.MARKER, Severity.WARNING, found,
                    "No other depth is within a fifth of it, so it is"
                    + " probably a mark: " + (far ? "sky, or no measurement." : "no measurement."),
                    "Read it as a hole" + (set.unitSetting() ? " with invalid= in --dataset" : "")
                    + (far ? ", or leave it out with --max-depth." : "."), where));
        } else if (far && SetFacts.median(same, f -> f.depth().commonShare()) > LEAST_LIMIT) {
            findings.add(new Finding(Kind.MARKER, Severity.NOTE, found,
                    "It is the largest depth of these frames, so all"
                    + " that is farther was probably given this value.", "Train and measure below it, for example with"
                    + " --max-depth or --eval-max-depth.", where));
        }
    }
}
