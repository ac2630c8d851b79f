package dev.fathom.training.data.doctor;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A few frames of another size among many of one. */
final class SizeCheck implements Check {
    /** KITTI's drives differ by a few pixels: no other size. */
    private static final double SAME = 0.05;
    private static final double FEW = 0.2;

    @Override
    public List<Finding> of(SetFacts set) {
        Map<String, List<FrameFacts>> bySize = set.frames().stream().collect(Collectors.groupingBy(FrameFacts::size));
        if (bySize.size() < 2) {
            return List.of();
        }
        FrameFacts usual = bySize.values().stream().max(Comparator.comparingInt((List<FrameFacts> f) -> f.size())
                .thenComparing(f -> -f.getFirst().index())).orElseThrow().getFirst();
        List<FrameFacts> odd = set.frames().stream().filter(f -> differs(f.width(), usual.width())
                || differs(f.height(), usual.height())).toList();
        if (odd.isEmpty() || odd.size() > FEW * set.frames().size()) {
            return List.of();
        }
        boolean turned = odd.stream().allMatch(f -> f.width() == usual.height() && f.height() == usual.width());
        return List.of(new Finding(Kind.SIZE, Severity.WARNING, Check.some(odd.size(), set.frames().size(), "has",
                "have")
                + " another size than the others, which have " + usual.size() + " pixels.",
                turned ? "They are turned: width and height are exchanged." : "The first of them has "
                + odd.getFirst().size() + " pixels.", turned ? "Turn picture and depth back, unless they are portraits."
                : "Check that they belong to this set, and that nothing resized or cropped them.",
                Check.where(odd, FrameFacts::size)));
    }

    private static boolean differs(int a, int b) {
        return Math.abs(a - b) > SAME * b;
    }
}
