package dev.fathom.training.data.doctor;

import dev.fathom.training.data.BadFrame;
import dev.fathom.training.data.FrameException.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Frames that could not be read at all, and those whose picture and depth do not go together. */
final class ReadCheck implements Check {
    @Override
    public List<Finding> of(SetFacts set) {
        Map<Fault, List<BadFrame>> byFault = set.bad().stream()
                .collect(Collectors.groupingBy(BadFrame::fault, TreeMap::new, Collectors.toList()));
        List<Finding> findings = new ArrayList<>();
        byFault.forEach((fault, frames) -> findings.add(new Finding(fault == Fault.LAYOUT ? Kind.SIZE : Kind.UNREADABLE,
                Severity.ERROR, Check.some(frames.size(), set.looked(), words(fault), words(fault)) + ".",
                frames.getFirst().sentence(), fault == Fault.LAYOUT
                ? "Make picture and depth one size (depth without interpolation over contours), or leave these frames out."
                : "Copy these frames again from where they come from, or leave them out (train --skip-bad).",
                frames.stream().map(f -> new Finding.Frame(f.index(), f.name(), "")).toList())));
        return findings;
    }

    private static String words(Fault fault) {
        return switch (fault) {
            case MISSING -> "cannot be found";
            case UNREADABLE -> "cannot be opened";
            case DAMAGED -> "cannot be decoded";
            case LAYOUT -> "hold no picture with a depth of the same size";
        };
    }
}
