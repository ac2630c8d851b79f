package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.camera.Intrinsics;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The list of a {@code pairs} set: a line a frame, its fields divided by tabs, commas, semicolons or blanks, whichever of
 * these is found first in the first line. Fields in double quotes may hold the separator.
 *
 * <pre>
 * # unit=mm, invalid=65535
 * image,depth,mask,fx,fy,cx,cy
 * rgb/1.jpg,depth/1.png,mask/1.png,518.9,519.5,325.1,253.7
 * </pre>
 *
 * <p>The first line may name the columns; without such a line there are two, image and depth. Where somebody else names
 * them, a first line whose picture has no picture's ending is a heading. A comment that begins as a
 * setting does is one. A frame whose depth is the word None has none and is left out.
 */
final class PairsList {
    private static final Pattern SETTING_LINE = Pattern.compile("#\\s*[a-z][a-z-]*=.*");
    /** Some spreadsheets begin a text with it. */
    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final String IMAGE = "image";
    private static final String DEPTH = "depth";
    private static final String MASK = "mask";
    private static final String CAMERA = "camera";
    private static final List<String> PINHOLE = List.of("fx", "fy", "cx", "cy");
    private static final String OTHER = "-";
    private static final Map<String, String> SYNONYMS = Map.of("rgb", IMAGE, "intrinsics", CAMERA);

    private final Path file;
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final List<String[]> lines = new ArrayList<>();
    private final List<String> columns;

    /**
     * Reads a list.
     *
     * @param columns as typed, divided by commas, or null if the list's first line says them
     */
    PairsList(Path file, String columns) {
        this.file = file;
        List<String> rest = new ArrayList<>();
        for (String read : FileList.textLines(file)) {
            String line = read.startsWith(BYTE_ORDER_MARK) ? read.substring(1) : read;
            if (SETTING_LINE.matcher(line).matches()) {
                addSettings(line.substring(1).strip());
            } else if (!line.isBlank() && !line.startsWith("#")) {
                rest.add(line);
            }
        }
        String separator = rest.isEmpty() ? " " : separator(rest.getFirst());
        rest.forEach(line -> lines.add(fields(line, separator)));
        this.columns = columns != null ? given(columns) : own();
        for (String[] line : lines) {
            if (line.length != this.columns.size()) {
                throw refusal(line, this.columns.size() + " fields (" + String.join(", ", this.columns)
                        + "); name them in the first line or with columns=" + IMAGE + "," + DEPTH + ",-");
            }
        }
    }

    /** The columns that the caller names; a heading that the list has all the same goes. */
    private List<String> given(String typed) {
        List<String> names = named(typed.split(",", -1));
        check(names, "columns=" + typed);
        if (!lines.isEmpty() && isHeading(lines.getFirst(), names.indexOf(IMAGE))) {
            lines.removeFirst();
        }
        return names;
    }

    /** The columns that the first line names, which goes then; without such a line there are two. */
    private List<String> own() {
        List<String> first = lines.isEmpty() ? List.of() : named(lines.getFirst());
        if (!first.contains(IMAGE) || !first.contains(DEPTH)) {
            if (!first.isEmpty() && isHeading(lines.getFirst(), 0)) {
                throw refusal(lines.getFirst(), "a picture (" + String.join(" ", PairsFolders.PICTURES) + ") and its depth,"
                        + " or the names of the columns, image and depth among them; other names become these with"
                        + " columns=" + IMAGE + "," + DEPTH);
            }
            return List.of(IMAGE, DEPTH);
        }
        check(first, "its first line");
        lines.removeFirst();
        return first;
    }

    private void addSettings(String text) {
        for (String setting : text.split("\\s*,\\s*(?=[a-z][a-z-]*=)|\\s+(?=[a-z][a-z-]*=)")) {
            String key = setting.substring(0, setting.indexOf('='));
            if (settings.put(key, setting.substring(key.length() + 1).strip()) != null) {
                throw new FathomException("The list of frames " + file + " sets " + key + " twice; expected once.");
            }
        }
    }

    private static String separator(String line) {
        for (String candidate : List.of("\t", ",", ";")) {
            if (line.contains(candidate)) {
                return candidate;
            }
        }
        return " ";
    }

    private String[] fields(String line, String separator) {
        if (separator.equals(" ")) {
            return line.strip().split("\\s+");
        }
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
                field.append(c);
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && separator.indexOf(c) >= 0) {
                fields.add(field.toString().strip());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString().strip());
        if (quoted) {
            throw refusal(fields.toArray(String[]::new), "a second quotation mark");
        }
        return fields.toArray(String[]::new);
    }

    private static List<String> named(String[] words) {
        return Arrays.stream(words).map(word -> word.strip().toLowerCase(Locale.ROOT))
                .map(word -> SYNONYMS.getOrDefault(word, word)).toList();
    }

    /** A line of column names has none of a picture's endings where the pictures are. */
    private static boolean isHeading(String[] line, int at) {
        return at < line.length && PairsFolders.PICTURES.stream().noneMatch(line[at].toLowerCase(Locale.ROOT)::endsWith);
    }

    private void check(List<String> names, String where) {
        List<String> known = new ArrayList<>(List.of(IMAGE, DEPTH, MASK, CAMERA, OTHER));
        known.addAll(PINHOLE);
        Map<String, Integer> counts = new HashMap<>();
        for (String column : names) {
            if (!known.contains(column)) {
                throw new FathomException("The list of frames " + file + " has a column '" + column + "' (" + where
                        + "): expected " + String.join(", ", known) + ", where - is a column that says nothing; name all"
                        + " of them with columns=" + IMAGE + "," + DEPTH + ",-.");
            }
            counts.merge(column, 1, Integer::sum);
        }
        long pinhole = PINHOLE.stream().filter(counts::containsKey).count();
        boolean once = counts.entrySet().stream().allMatch(e -> e.getValue() == 1 || List.of(MASK, OTHER)
                .contains(e.getKey()));
        boolean oneCamera = pinhole == 0 || pinhole == PINHOLE.size() && !counts.containsKey(CAMERA);
        if (!counts.containsKey(IMAGE) || !counts.containsKey(DEPTH) || !once || !oneCamera) {
            throw new FathomException("The list of frames " + file + " has the columns " + String.join(", ", names)
                    + ": expected image and depth once each, perhaps masks, and camera (a file) or all of fx, fy, cx, cy.");
        }
    }

    private FathomException refusal(String[] line, String expected) {
        return FileList.refusal(file, line, expected);
    }

    /** What the list says of all its frames. */
    Map<String, String> settings() {
        return settings;
    }

    /** @throws FathomException if the list is empty, or its files are not below the folder */
    List<PairsFrame> frames(Path folder) {
        FileList list = new FileList(file, lines);
        int depth = columns.indexOf(DEPTH);
        list.lines().removeIf(line -> line[depth].equals("None"));
        FileList.Root[] roots = new FileList.Root[columns.size()];
        for (int c = 0; c < roots.length; c++) {
            int field = c;
            boolean isFile = List.of(IMAGE, DEPTH, MASK, CAMERA).contains(columns.get(c));
            boolean used = lines.stream().anyMatch(line -> !line[field].isEmpty());
            roots[c] = isFile && used ? list.root(folder, c) : null;
        }
        return lines.stream().map(line -> frame(line, roots)).toList();
    }

    private PairsFrame frame(String[] line, FileList.Root[] roots) {
        Map<String, Path> files = new HashMap<>();
        List<Path> masks = new ArrayList<>();
        StringBuilder numbers = new StringBuilder();
        for (int c = 0; c < line.length; c++) {
            String column = columns.get(c);
            if (line[c].isEmpty() || column.equals(OTHER)) {
                continue;
            }
            if (column.equals(MASK)) {
                masks.add(roots[c].path(line[c]));
            } else if (!PINHOLE.contains(column)) {
                files.put(column, roots[c].path(line[c]));
            }
        }
        for (String column : PINHOLE) {
            int c = columns.indexOf(column);
            numbers.append(c < 0 ? "" : line[c] + " ");
        }
        if (!files.containsKey(IMAGE) || !files.containsKey(DEPTH)) {
            throw refusal(line, "the paths of a picture and of its depth");
        }
        Intrinsics camera = numbers.isEmpty() || numbers.toString().isBlank() ? null
                : PairsFrame.camera("the list " + file, numbers.toString());
        return new PairsFrame(files.get(IMAGE), files.get(DEPTH), List.copyOf(masks), files.get(CAMERA), camera);
    }
}
