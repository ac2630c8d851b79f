package dev.fathom.training.data.sets;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A list of frames as the field's authors write them: a line for each, its fields divided by blanks. Blank lines and
 * those that begin with # say nothing.
 *
 * <p>The paths in such lists are those of the authors' machines. {@link #root} finds which of their endings lies below
 * the folder at hand; a path from the file system's root on that is there is taken as it is.
 */
final class FileList {
    /** How many lines are looked at for one whose file is there. */
    private static final int LOOKS = 200;

    private final Path file;
    private final List<String[]> lines;

    /**
     * Reads a list.
     *
     * @param spec whose setting {@code key} names it: a path below the data set's folder, else below the working folder
     */
    FileList(DatasetSpec spec, String key) {
        this(locate(spec, spec.setting(key).orElseThrow()));
    }

    FileList(Path file) {
        this(file, textLines(file).stream().filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.strip().split("\\s+")).collect(Collectors.toCollection(ArrayList::new)));
    }

    /** A list whose lines somebody else has divided. */
    FileList(Path file, List<String[]> lines) {
        this.file = file;
        this.lines = lines;
        if (lines.isEmpty()) {
            throw new FathomException("The list of frames " + file + " is empty: expected a line for each frame.");
        }
    }

    /** Every line of a text file, as it is. */
    static List<String> textLines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new FathomException("The list of frames " + file + " cannot be read (" + e.getClass().getSimpleName()
                    + "): check the path, its permissions, and that it is a text.", e);
        }
    }

    /** The file that a setting means. */
    static Path locate(DatasetSpec spec, String name) {
        Path below = spec.path().resolve(name);
        return Files.exists(below) ? below : Path.of(name);
    }

    /** The fields of every line. */
    List<String[]> lines() {
        return lines;
    }

    /** @throws FathomException if a line has fewer fields */
    FileList ofAtLeast(int fields, String expected) {
        for (String[] line : lines) {
            if (line.length < fields) {
                throw refusal(line, expected);
            }
        }
        return this;
    }

    /** Says that a line is not what was expected. */
    FathomException refusal(String[] line, String expected) {
        return refusal(file, line, expected);
    }

    /** The same for a list that is not read to its end yet. */
    static FathomException refusal(Path file, String[] line, String expected) {
        return new FathomException("The list of frames " + file + " has the line '" + String.join(" ", line)
                + "': expected " + expected + ".");
    }

    /**
     * Where the paths of one field lie.
     *
     * @param folder null where they are those of this machine as they are
     * @param strange how many of their first names are those of another machine
     */
    record Root(Path folder, int strange) {
        /** The path at hand; where there is no such file but the same picture as .jpg or .png, that one. */
        Path path(String listed) {
            if (folder == null) {
                return present(Path.of(listed));
            }
            String[] names = names(listed);
            return present(under(folder, names, Math.min(strange, names.length - 1)));
        }
    }

    /**
     * Finds where the files of a field lie.
     *
     * @param field its number
     * @throws FathomException if none of the first files lies below the folder, or where the list itself says
     */
    Root root(Path folder, int field) {
        for (String[] line : lines.subList(0, Math.min(LOOKS, lines.size()))) {
            Path listed = Path.of(line[field]);
            if (listed.isAbsolute() && Files.exists(listed)) {
                return new Root(null, 0);
            }
            String[] names = names(line[field]);
            for (int strange = 0; strange < names.length; strange++) {
                if (Files.exists(present(under(folder, names, strange)))) {
                    return new Root(folder, strange);
                }
            }
        }
        throw new FathomException("No file that the list " + file + " names is below " + folder + ", neither as "
                + lines.getFirst()[field] + " nor as an ending of it: check that list and folder belong together.");
    }

    private static String[] names(String listed) {
        return Arrays.stream(listed.split("[/\\\\]+")).filter(n -> !n.isEmpty()).toArray(String[]::new);
    }

    private static Path under(Path folder, String[] names, int from) {
        Path path = folder;
        for (String name : Arrays.asList(names).subList(from, names.length)) {
            path = path.resolve(name);
        }
        return path;
    }

    /** KITTI is distributed as PNG and often kept as JPEG, and lists name either. */
    static Path present(Path path) {
        if (!Files.exists(path) && path.getFileName() != null) {
            String name = path.getFileName().toString();
            String other = name.endsWith(".png") ? name.replaceFirst("png$", "jpg") : name.replaceFirst("jpg$", "png");
            if (Files.exists(path.resolveSibling(other))) {
                return path.resolveSibling(other);
            }
        }
        return path;
    }
}
