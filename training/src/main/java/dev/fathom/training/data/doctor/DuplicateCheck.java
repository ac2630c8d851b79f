package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Frames, pictures or depth maps that are in the set more than once. */
final class DuplicateCheck implements Check {
    /** Correlation of two thumbnails from which on they show the same. */
    static final double SAME = 0.99;
    /** With a larger share of near copies the set is taken from videos. */
    private static final double VIDEO = 0.25;
    private static final int SMALL = 24;

    @Override
    public List<Finding> of(SetFacts set) {
        List<Finding> findings = new ArrayList<>();
        List<FrameFacts> twice = new ArrayList<>();
        List<FrameFacts> contradicting = new ArrayList<>();
        Map<Integer, String> first = new LinkedHashMap<>();
        for (List<FrameFacts> group : groups(set.frames(), f -> f.thumbnail().digest())) {
            boolean same = group.stream().map(FrameFacts::depthDigest).distinct().count() == 1;
            (same ? twice : contradicting).addAll(group.subList(1, group.size()));
            group.forEach(f -> first.put(f.index(), group.getFirst().name()));
        }
        add(set, findings, twice, Severity.WARNING, "is there more than once", "are there more than once",
                "Picture and depth are the same to the last bit as in an earlier frame.",
                "Leave the copies out: they weigh more than other frames, and may end up in training and validation.",
                f -> "the same as " + first.get(f.index()));
        add(set, findings, contradicting, Severity.ERROR, "has the picture of an earlier one with another depth",
                "have the picture of an earlier one with another depth",
                "The pictures are the same to the last bit, the"
                + " depth maps are not.", "Find out which depth belongs to the picture; the list of pairs may be wrong.",
                f -> "the picture of " + first.get(f.index()));
        Map<Integer, String> depth = new LinkedHashMap<>();
        List<FrameFacts> frozen = new ArrayList<>();
        for (List<FrameFacts> group : groups(set.withDepth().stream().filter(f -> !ConstantCheck.oneDepth(f)).toList(),
                FrameFacts::depthDigest)) {
            if (group.stream().map(f -> f.thumbnail().digest()).distinct().count() > 1) {
                group.stream().skip(1).filter(f -> f.thumbnail().digest() != group.getFirst().thumbnail().digest()
                        && f.thumbnail().likeness(group.getFirst().thumbnail()) < SAME)
                        .forEach(frozen::add);
                group.forEach(f -> depth.put(f.index(), group.getFirst().name()));
            }
        }
        add(set, findings, frozen, Severity.ERROR, "has the depth of an earlier one under another picture",
                "have the depth of an earlier one under another picture",
                "The depth maps are the same to the last bit, the"
                + " pictures are not: the sensor stood still, or files were paired wrongly.",
                "Leave these frames out, unless the pictures differ in light alone.",
                f -> "the depth of " + depth.get(f.index()));
        near(set, findings);
        return findings;
    }

    private static <K> List<List<FrameFacts>> groups(List<FrameFacts> frames, Function<FrameFacts, K> key) {
        return frames.stream().collect(Collectors.groupingBy(key, LinkedHashMap::new, Collectors.toList())).values()
                .stream().filter(g -> g.size() > 1).toList();
    }

    private static void near(SetFacts set, List<Finding> findings) {
        List<FrameFacts> copies = new ArrayList<>();
        Map<Integer, String> of = new LinkedHashMap<>();
        List<FrameFacts> frames = set.frames();
        for (int i = 1; i < frames.size(); i++) {
            for (int j = 0; j < i && !of.containsKey(frames.get(i).index()); j++) {
                Thumbnail a = frames.get(i).thumbnail();
                Thumbnail b = frames.get(j).thumbnail();
                if (a.digest() != b.digest() && a.likeness(b) >= SAME) {
                    copies.add(frames.get(i));
                    of.put(frames.get(i).index(), Check.text("nearly %s, correlation %.4f", frames.get(j).name(),
                            a.likeness(b)));
                }
            }
        }
        boolean video = copies.size() > VIDEO * frames.size() && frames.size() > SMALL;
        add(set, findings, copies, video ? Severity.NOTE : Severity.WARNING, "has nearly the picture of an earlier one",
                "have nearly the picture of an earlier one", "Brought down to 16 x 16 cells the pictures correlate by "
                + SAME + " or more" + (video ? ", as the pictures of a video do." : "."), video
                ? "Keep whole videos apart in training and validation, and take every tenth picture or so."
                : "Look at them: copies that were compressed, resized or brightened weigh more than other frames.",
                f -> of.get(f.index()));
    }

    private static void add(SetFacts set, List<Finding> findings, List<FrameFacts> frames, Severity severity,
            String one,
            String more, String why, String advice, Function<FrameFacts, String> note) {
        if (!frames.isEmpty()) {
            findings.add(new Finding(Kind.DUPLICATE, severity, Check.some(frames.size(), set.frames().size(), one, more)
                    + ".", why, advice, Check.where(frames, note)));
        }
    }
}
