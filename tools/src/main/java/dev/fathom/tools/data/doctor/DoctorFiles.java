package dev.fathom.tools.data.doctor;

import dev.fathom.nn.checkpoint.AtomicFile;
import dev.fathom.tools.output.JsonFile;
import dev.fathom.training.data.doctor.Diagnosis;
import dev.fathom.training.data.doctor.FrameFacts;
import dev.fathom.training.data.doctor.Kind;
import dev.fathom.training.data.doctor.SetFacts;
import dev.fathom.training.data.doctor.Severity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A diagnosis for other programs: JSON, and a table of what was measured of each frame. */
public final class DoctorFiles {
    private DoctorFiles() {
    }

    /** All findings with all their frames. */
    public static Map<String, Object> facts(Diagnosis diagnosis) {
        Map<String, Object> root = new LinkedHashMap<>();
        root.put("data", set(diagnosis.set()));
        diagnosis.other().ifPresent(other -> root.put("against", set(other)));
        root.put("looked_for", Arrays.stream(Kind.values()).filter(k -> k != Kind.LEAK || diagnosis.other().isPresent())
                .map(Kind::key).toList());
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (Severity severity : Severity.values()) {
            counts.put(severity.key() + "s", diagnosis.count(severity));
        }
        root.put("counts", counts);
        root.put("findings", diagnosis.findings().stream().map(finding -> {
            Map<String, Object> about = new LinkedHashMap<>();
            about.put("kind", finding.kind().key());
            about.put("severity", finding.severity().key());
            about.put("what", finding.what());
            about.put("why", finding.why());
            about.put("advice", finding.advice());
            about.put("frames", finding.frames());
            return about;
        }).toList());
        root.put("strangest", diagnosis.strangest().stream().map(strange -> {
            Map<String, Object> about = new LinkedHashMap<>();
            about.put("index", strange.frame().index());
            about.put("name", strange.frame().name());
            about.put("score", strange.score());
            about.put("reason", strange.reason());
            return about;
        }).toList());
        return root;
    }

    private static Map<String, Object> set(SetFacts set) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("name", set.label());
        about.put("frames", set.size());
        about.put("looked_at", set.looked());
        about.put("usable", set.frames().size());
        double[] depths = set.depths();
        about.put("depth_p05", depths[0]);
        about.put("depth_p50", depths[1]);
        about.put("depth_p95", depths[2]);
        about.put("holes", 1 - set.frames().stream().mapToDouble(f -> f.depth().share()).average().orElse(0));
        return about;
    }

    /** One line a frame that could be used. */
    public static void writeCsv(Path file, SetFacts set) {
        StringBuilder csv = new StringBuilder("index,name,width,height,valid_share,repaired,nearest,p05,median,p95,farthest,"
                + "trend,levels,plane_sag,brightness,contrast,dark_share,bright_share,edges,fit,fit_best,best_dx,best_dy\n");
        for (FrameFacts f : set.frames()) {
            csv.append(String.format(Locale.ROOT,
                    "%d,\"%s\",%d,%d,%.4f,%d,%s,%s,%s,%s,%s,%s,%d,%s,%.1f,%.1f,%.4f,%.4f,%d,%.1f,"
                    + "%.1f,%d,%d%n", f.index(), f.name().replace("\"", "\"\""), f.width(), f.height(),
                    f.depth().share(),
                    f.repaired(), f.depth().nearest(), f.depth().low(), f.depth().median(), f.depth().high(),
                    f.depth().farthest(), cell(f.depth().trend()), f.depth().levels(), cell(f.planes().sag()),
                    f.picture().mean(), f.picture().contrast(), f.picture().dark(), f.picture().bright(), f.edges(),
                    f.shift().asRead(), f.shift().score(), Math.round(f.shift().dx() * f.step()),
                    Math.round(f.shift().dy() * f.step())));
        }
        write(file, csv.toString());
    }

    private static String cell(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "";
    }

    /** Writes text, in one step. */
    public static void write(Path file, String text) {
        AtomicFile.replace(file, temporary -> Files.writeString(temporary, text));
    }

    /** The files that a folder gets. */
    public static List<Path> in(Path folder) {
        return List.of(folder.resolve("doctor.html"), folder.resolve("doctor.json"), folder.resolve("frames.csv"));
    }
}
