package dev.fathom.tools.predict;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.PictureReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The pictures that {@code --img-path} means, each with the name of its outputs.
 *
 * <p>A file is itself; a {@code .txt} lists one path a line; a folder is searched through all its subfolders for files that are pictures by their content
 * (the original tries every file). Outputs keep a folder's structure. Two pictures that differ in their extension alone keep it in the output's name, so that
 * neither overwrites the other.
 */
public final class InputPictures {
    /**
     * @param file the picture
     * @param stem the outputs' path below the output folder, without extension
     */
    public record Input(Path file, Path stem) {
    }

    private InputPictures() {
    }

    /** @throws FathomException if there is nothing there, or no picture in it */
    public static List<Input> find(Path imgPath) {
        if (!Files.exists(imgPath)) {
            throw new FathomException("there is no " + imgPath + "; --img-path takes a picture, a folder of pictures or a .txt list of them");
        }
        if (Files.isDirectory(imgPath)) {
            return named(imgPath, inFolder(imgPath));
        }
        if (imgPath.toString().toLowerCase(Locale.ROOT).endsWith(".txt")) {
            return named(null, inList(imgPath));
        }
        return named(null, List.of(imgPath));
    }

    private static List<Path> inFolder(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> pictures = all.filter(PictureReader::recognises).sorted().toList();
            if (pictures.isEmpty()) {
                throw new FathomException(folder + " holds no picture (JPEG, PNG, TIFF, WebP, BMP or GIF), nor do its subfolders");
            }
            return pictures;
        } catch (IOException e) {
            throw new FathomException("cannot search " + folder + ": " + e.getMessage(), e);
        }
    }

    private static List<Path> inList(Path list) {
        try {
            List<Path> pictures = Files.readAllLines(list).stream().map(String::strip).filter(line -> !line.isEmpty())
                    .map(line -> resolve(list, line)).toList();
            if (pictures.isEmpty()) {
                throw new FathomException(list + " lists no picture: one path a line is expected");
            }
            return pictures;
        } catch (IOException e) {
            throw new FathomException("cannot read the list " + list + ": " + e.getMessage() + "; one path a line, in UTF-8, is expected", e);
        }
    }

    /** Relative paths are tried from here, as the original does, then from the list's own folder. */
    private static Path resolve(Path list, String line) {
        Path here = Path.of(line);
        Path beside = list.toAbsolutePath().resolveSibling(line);
        return Files.exists(here) || !Files.exists(beside) ? here : beside;
    }

    private static List<Input> named(Path root, List<Path> files) {
        Map<Path, Integer> uses = new HashMap<>();
        for (Path file : files) {
            uses.merge(stem(relative(root, file)), 1, Integer::sum);
        }
        List<Input> inputs = new ArrayList<>();
        Map<Path, Integer> given = new HashMap<>();
        for (Path file : files) {
            Path relative = relative(root, file);
            Path stem = stem(relative);
            if (uses.get(stem) > 1) {
                stem = relative.resolveSibling(relative.getFileName().toString().replace('.', '_'));
            }
            int again = given.merge(stem, 1, Integer::sum);
            inputs.add(new Input(file, again == 1 ? stem : stem.resolveSibling(stem.getFileName() + "_" + again)));
        }
        return inputs;
    }

    private static Path relative(Path root, Path file) {
        return root == null ? file.getFileName() : root.relativize(file);
    }

    private static Path stem(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return file.resolveSibling(dot > 0 ? name.substring(0, dot) : name);
    }
}
