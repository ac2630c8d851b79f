package dev.fathom.training.data.doctor;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What is wrong with a data set.
 *
 * @param set what was seen of it
 * @param other what was seen of the set that it must have nothing in common with, if any
 * @param findings the heaviest first
 * @param strangest the frames that are most unlike the others, whether or not anything is wrong with them
 */
public record Diagnosis(SetFacts set, Optional<SetFacts> other, List<Finding> findings, List<Strange> strangest) {
    /** How many strange frames are named. */
    public static final int STRANGEST = 10;

    private static final List<Check> CHECKS = List.of(new ReadCheck(), new SizeCheck(), new ConstantCheck(),
            new BitsCheck(), new WrapCheck(), new PolarityCheck(), new DistanceCheck(), new UnitCheck(),
            new HolesCheck(), new MarkerCheck(),
            new ExposureCheck(), new DuplicateCheck(), new AlignmentCheck(), new PairCheck(), new CameraCheck());
    /** Other faults that follow from one, and would only distract: of a kind, which. */
    private static final Map<Kind, Set<Kind>> FOLLOW = Map.of(Kind.BITS, EnumSet.of(Kind.POLARITY, Kind.UNIT,
            Kind.MISALIGNED, Kind.MIXED_UP, Kind.WRAP), Kind.WRAP, EnumSet.of(Kind.POLARITY, Kind.MISALIGNED,
            Kind.MIXED_UP),
            Kind.POLARITY, EnumSet.of(Kind.UNIT, Kind.MISALIGNED, Kind.DISTANCE), Kind.MISALIGNED,
            EnumSet.of(Kind.MIXED_UP), Kind.CONSTANT,
            EnumSet.of(Kind.DUPLICATE, Kind.MISALIGNED, Kind.MIXED_UP), Kind.MIXED_UP, EnumSet.of(Kind.MISALIGNED));

    /** Judges what was seen. */
    public static Diagnosis of(SetFacts set, Optional<SetFacts> other) {
        List<Finding> findings = new ArrayList<>();
        CHECKS.forEach(check -> findings.addAll(check.of(set)));
        for (Finding finding : List.copyOf(findings)) {
            if (findings.stream().anyMatch(cause -> explains(cause, finding, set))) {
                findings.remove(finding);
            }
        }
        other.ifPresent(o -> findings.addAll(LeakCheck.of(set, o)));
        findings.sort(Comparator.comparing(Finding::severity));
        return new Diagnosis(set, other, List.copyOf(findings), Strange.of(set, findings, STRANGEST));
    }

    /** Whether one follows from another, no lighter one that concerns all of its frames, or most of the set. */
    private static boolean explains(Finding cause, Finding finding, SetFacts set) {
        return FOLLOW.getOrDefault(cause.kind(), Set.of()).contains(finding.kind())
                && cause.severity().compareTo(finding.severity()) <= 0
                && (2 * cause.frames().size() >= set.frames().size() || !finding.frames().isEmpty()
                && indices(cause).containsAll(indices(finding)));
    }

    private static Set<Integer> indices(Finding finding) {
        return finding.frames().stream().map(Finding.Frame::index).collect(Collectors.toSet());
    }

    /** How many findings there are of a level. */
    public int count(Severity severity) {
        return (int) findings.stream().filter(f -> f.severity() == severity).count();
    }
}
