package dev.fathom.tools.calibrate;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Points of known depth in a text file, one a line: {@code picture,x,y,metres}, or {@code x,y,metres} where the picture
 * is named elsewhere. Commas, semicolons or tabs; a first line of names may put the columns in another order; empty lines
 * and lines that begin with # are passed over.
 */
final class PointsFile {
    private static final List<String> NAMES = List.of("picture", "x", "y", "metres");

    private final Path file;
    private final Path picture;
    private final Map<Path, List<TypedPoint>> points = new LinkedHashMap<>();
    private List<String> columns;

    private PointsFile(Path file, Path picture) {
        this.file = file;
        this.picture = picture;
    }

    /**
     * Reads one.
     *
     * @param picture the picture of lines that name none; null if there is none
     * @return points by picture, both in the file's order
     * @throws FathomException that names the line which is wrong
     */
    static Map<Path, List<TypedPoint>> read(Path file, Path picture) {
        PointsFile reader = new PointsFile(file, picture);
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new FathomException(file + " is no text in UTF-8; expected one picture,x,y,metres a line.", e);
        } catch (IOException e) {
            throw new FathomException(file + (Files.exists(file) ? " cannot be read (" + e.getMessage() + ")"
                    : " does not exist") + "; --points takes a text file of picture,x,y,metres.", e);
        }
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty() && !line.startsWith("#")) {
                reader.take(line.split("[,;\t]", -1), i + 1);
            }
        }
        if (reader.points.isEmpty()) {
            throw new FathomException(file + " holds no point; expected one picture,x,y,metres a line.");
        }
        return reader.points;
    }

    private void take(String[] words, int number) {
        if (columns == null) {
            List<String> first = new ArrayList<>();
            for (String word : words) {
                String name = word.strip().toLowerCase(Locale.ROOT);
                first.add(name.equals("image") ? "picture" : name.equals("z") || name.equals("depth") ? "metres" : name);
            }
            if (first.containsAll(NAMES.subList(1, 4))) {
                columns = first;
                return;
            }
            columns = words.length == 3 ? NAMES.subList(1, 4) : NAMES;
        }
        if (words.length != columns.size()) {
            throw wrong(number, words.length + " values where " + String.join(",", columns) + " was expected", null);
        }
        try {
            TypedPoint point = TypedPoint.parse(words[columns.indexOf("x")], words[columns.indexOf("y")],
                    words[columns.indexOf("metres")]);
            int named = columns.indexOf("picture");
            if (named < 0 && picture == null) {
                throw wrong(number, "it names no picture; add a column 'picture', or give --img-path", null);
            }
            points.computeIfAbsent(named < 0 ? picture : resolve(words[named].strip()), p -> new ArrayList<>())
                    .add(point);
        } catch (InvalidPathException e) {
            throw wrong(number, "its picture is no path (" + e.getReason() + ")", e);
        } catch (IllegalArgumentException e) {
            throw wrong(number, e.getMessage(), e);
        }
    }

    /** Relative paths are tried from here, then from the file's own folder. */
    private Path resolve(String name) {
        Path beside = file.toAbsolutePath().resolveSibling(name);
        return Files.exists(Path.of(name)) || !Files.exists(beside) ? Path.of(name) : beside;
    }

    private FathomException wrong(int number, String why, Exception cause) {
        return new FathomException(file + ", line " + number + ": " + why
                + "; expected one picture,x,y,metres a line, like photo.jpg,320,240,2.5.", cause);
    }
}
