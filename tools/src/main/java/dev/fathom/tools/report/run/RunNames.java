package dev.fathom.tools.report.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What tells runs apart: their names, and the settings in which they differ. */
final class RunNames {
    /** A fingerprint: its beginning tells two apart. */
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{32,}");

    private RunNames() {
    }

    /** Names for folders: the last part of each path, or as many parts from its end as make it unlike the others. */
    static List<String> of(List<Path> folders) {
        List<Path> full = folders.stream().map(f -> f.toAbsolutePath().normalize()).toList();
        List<String> names = new ArrayList<>();
        for (Path folder : full) {
            int parts = 1;
            while (parts < folder.getNameCount() && clashes(folder, parts, full)) {
                parts++;
            }
            names.add(end(folder, parts));
        }
        return names;
    }

    private static boolean clashes(Path folder, int parts, List<Path> all) {
        return all.stream().filter(other -> end(other, parts).equals(end(folder, parts))).count() > 1;
    }

    private static String end(Path folder, int parts) {
        int count = folder.getNameCount();
        return folder.subpath(Math.max(0, count - parts), count).toString();
    }

    /**
     * Only what differs between these maps, a key a row: the key, then each map's value, a dash where it has none.
     * Maps that are empty say nothing, and their dash is no difference.
     */
    static List<List<String>> differences(List<Map<String, String>> maps) {
        Set<String> keys = new LinkedHashSet<>();
        maps.forEach(map -> keys.addAll(map.keySet()));
        List<List<String>> rows = new ArrayList<>();
        for (String key : keys) {
            List<String> values = maps.stream().map(map -> map.getOrDefault(key, "–")).toList();
            long different = maps.stream().filter(map -> !map.isEmpty()).map(map -> map.getOrDefault(key, "–"))
                    .distinct().count();
            if (different > 1) {
                List<String> row = new ArrayList<>(List.of(key));
                values.forEach(value -> row.add(HEX.matcher(value).matches() ? value.substring(0, 12) + "…" : value));
                rows.add(row);
            }
        }
        return rows;
    }
}
