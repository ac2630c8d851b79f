package dev.fathom.tools.data.doctor;

import dev.fathom.training.data.doctor.Diagnosis;
import dev.fathom.training.data.doctor.Finding;
import dev.fathom.training.data.doctor.FrameFacts;
import dev.fathom.training.data.doctor.Kind;
import dev.fathom.training.data.doctor.SetFacts;
import dev.fathom.training.data.doctor.Severity;
import dev.fathom.training.data.doctor.Strange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A diagnosis in lines of text.
 *
 * @param root where the set lies: frames are named by their path below it
 */
public record DoctorText(Path root) {
    /** How many frames of a finding are named. */
    private static final int NAMED = 3;
    private static final int STRANGEST = 3;
    private static final int SIZES = 3;

    /** All of it. */
    public List<String> lines(Diagnosis diagnosis) {
        List<String> lines = new ArrayList<>();
        lines.add(looked(diagnosis.set()));
        seen(diagnosis.set()).forEach((name, value) -> lines.add(String.format(Locale.ROOT, "  %-10s %s", name,
                value)));
        diagnosis.other().ifPresent(other -> lines.add("compared with " + looked(other)));
        for (Finding finding : diagnosis.findings()) {
            lines.add("");
            lines.add(String.format(Locale.ROOT, "%-7s %s: %s", finding.severity().key().toUpperCase(Locale.ROOT),
                    finding.kind().key(), finding.what()));
            lines.add("        why    " + finding.why());
            lines.add("        do     " + finding.advice());
            if (!finding.frames().isEmpty()) {
                lines.add("        where  " + where(finding.frames()));
            }
        }
        lines.add("");
        lines.add(verdict(diagnosis));
        if (!diagnosis.strangest().isEmpty()) {
            lines.add("strangest frames: " + diagnosis.strangest().stream().limit(STRANGEST)
                    .map(s -> name(s.frame().name()) + strangeness(s)).collect(Collectors.joining(", ")));
        }
        return lines;
    }

    private static String strangeness(Strange strange) {
        return strange.reason().isEmpty() ? "" : " (" + strange.reason() + ")";
    }

    /** {@code nyu-h5:/data: looked at 500 of 24,231 frames, evenly spread}. */
    public static String looked(SetFacts set) {
        String how = set.looked() < set.planned() ? String.format(Locale.ROOT,
                ", the first of %,d that were to be read",
                set.planned()) : set.looked() < set.size() ? ", evenly spread" : "";
        return String.format(Locale.ROOT, "%s: looked at %,d of %,d frames%s", set.label(), set.looked(), set.size(),
                how);
    }

    /** What the set is like, in a few numbers by name. */
    public static Map<String, String> seen(SetFacts set) {
        Map<String, String> seen = new LinkedHashMap<>();
        if (set.frames().isEmpty()) {
            return seen;
        }
        Map<String, Long> sizes = set.frames().stream().collect(Collectors.groupingBy(FrameFacts::size,
                TreeMap::new, Collectors.counting()));
        seen.put("size", sizes.entrySet().stream().sorted(Map.Entry
                .<String, Long>comparingByValue(Comparator.reverseOrder()))
                .limit(SIZES).map(e -> e.getKey() + (sizes.size() > 1 ? " (" + e.getValue() + ")" : ""))
                .collect(Collectors.joining(", ")) + (sizes.size() > SIZES ? " and " + (sizes.size() - SIZES)
                + " others" : ""));
        double[] depths = set.depths();
        double holes = 1 - set.frames().stream().mapToDouble(f -> f.depth().share()).average().orElse(0);
        seen.put("depth", set.bins().isEmpty() ? "none" : String.format(Locale.ROOT,
                "nine of ten from %s to %s m, half below %s m", number(depths[0]), number(depths[2]),
                number(depths[1])));
        seen.put("holes", String.format(Locale.ROOT, "%.1f %% of the pixels", 100 * holes));
        seen.put("pictures", String.format(Locale.ROOT, "brightness %.0f of 255 on average",
                set.frames().stream().mapToDouble(f -> f.picture().mean()).average().orElse(0)));
        return seen;
    }

    /** A length in few digits: 3470, 12.3, 0.004. */
    static String number(double metres) {
        return String.format(Locale.ROOT, metres >= 100 ? "%,.0f" : metres >= 1 ? "%.3g" : "%.2g", metres);
    }

    /** {@code 2 errors, 1 warning, 1 note}; for a sound set what was looked for. */
    public static String verdict(Diagnosis diagnosis) {
        String counts = Arrays.stream(Severity.values()).filter(s -> diagnosis.count(s) > 0)
                .map(s -> diagnosis.count(s) + " " + s.key() + (diagnosis.count(s) == 1 ? "" : "s"))
                .collect(Collectors.joining(", "));
        if (diagnosis.count(Severity.ERROR) + diagnosis.count(Severity.WARNING) > 0) {
            return counts;
        }
        return "No fault was found" + (counts.isEmpty() ? "" : " (" + counts + ")") + ". Looked for: "
                + Arrays.stream(Kind.values()).filter(k -> k != Kind.LEAK
                || diagnosis.other().isPresent()).map(Kind::title)
                .collect(Collectors.joining(", ")) + ".";
    }

    private String where(List<Finding.Frame> frames) {
        String named = frames.stream().limit(NAMED).map(f -> name(f.name()) + (f.note().isEmpty() ? "" : " ("
                + name(f.note()) + ")")).collect(Collectors.joining(", "));
        return named + (frames.size() > NAMED ? String.format(Locale.ROOT, " and %,d more", frames.size() - NAMED)
                : "");
    }

    /** Without the folder that all frames lie in. */
    public String name(String name) {
        return name.replace(root + root.getFileSystem().getSeparator(), "");
    }
}
