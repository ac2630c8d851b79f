package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Frames of a set that are in another one too, as they are, nearly, or mirrored: training and validation must not meet. */
final class LeakCheck {
    private LeakCheck() {
    }

    static List<Finding> of(SetFacts set, SetFacts other) {
        Map<Long, FrameFacts> pictures = new HashMap<>();
        Map<Long, FrameFacts> depths = new HashMap<>();
        other.frames().forEach(f -> pictures.putIfAbsent(f.thumbnail().digest(), f));
        other.withDepth().stream().filter(f -> !ConstantCheck.oneDepth(f)).forEach(f -> depths.putIfAbsent(
                f.depthDigest(), f));
        List<Finding.Frame> same = new ArrayList<>();
        List<Finding.Frame> near = new ArrayList<>();
        for (FrameFacts frame : set.frames()) {
            FrameFacts twin = pictures.get(frame.thumbnail().digest());
            FrameFacts map = depths.get(frame.depthDigest());
            if (twin != null) {
                same.add(new Finding.Frame(frame.index(), frame.name(), "is " + twin.name()));
            } else if (map != null) {
                same.add(new Finding.Frame(frame.index(), frame.name(), "has the depth of " + map.name()));
            } else {
                near(frame, other, near);
            }
        }
        List<Finding> findings = new ArrayList<>();
        add(findings, set, other, same, "is also in ", "are also in ",
                "Their pictures or their depth maps are the same to the last bit.");
        add(findings, set, other, near, "is nearly also in ", "are nearly also in ", "Brought down to 16 x 16 cells the"
                + " pictures correlate by " + DuplicateCheck.SAME + " or more: copies that were compressed, resized,"
                + " brightened or mirrored, or neighbours of one video.");
        return findings;
    }

    private static void near(FrameFacts frame, SetFacts other, List<Finding.Frame> found) {
        Thumbnail mirrored = frame.thumbnail().mirrored();
        FrameFacts best = null;
        double most = DuplicateCheck.SAME;
        boolean turned = false;
        for (FrameFacts candidate : other.frames()) {
            double plain = frame.thumbnail().likeness(candidate.thumbnail());
            double reverse = mirrored.likeness(candidate.thumbnail());
            if (Math.max(plain, reverse) >= most) {
                most = Math.max(plain, reverse);
                best = candidate;
                turned = reverse > plain;
            }
        }
        if (best != null) {
            found.add(new Finding.Frame(frame.index(), frame.name(), Check.text("%s %s, correlation %.4f",
                    turned ? "mirrors" : "is nearly", best.name(), most)));
        }
    }

    private static void add(List<Finding> findings, SetFacts set, SetFacts other, List<Finding.Frame> frames,
            String one,
            String more, String why) {
        if (!frames.isEmpty()) {
            findings.add(new Finding(Kind.LEAK, Severity.ERROR, Check.some(frames.size(), set.frames().size(),
                    one + other.label(), more + other.label()) + ".", why,
                    "Take them out of one of the two: what is measured"
                    + " on frames that were trained on says nothing about new pictures.", frames));
        }
    }
}
