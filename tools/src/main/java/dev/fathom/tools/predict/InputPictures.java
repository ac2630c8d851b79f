package dev.fathom.tools.predict;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.PictureReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The pictures that {@code --img-path} means, each with the name of its results.
 *
 * <p>A file is itself; a {@code .txt} lists one path a line; a folder is searched through all its subfolders for files
 * that are pictures by their content (the original tries every file), results of an earlier run excepted. Results keep
 * a folder's structure; {@link ResultNames} sees to it that none replaces another, or a picture.
 */
public final class InputPictures {
    /**
     * @param file the picture
     * @param stem its results' path below the output folder, without extension
     */
    public record Input(Path file, Path stem) {
    }

    private InputPictures() {
    }

    /** Finds the pictures; their results are those of {@link Predictor}. */
    public static List<Input> find(Path imgPath, Path outdir) {
        return find(imgPath, outdir, Predictor.SUFFIXES);
    }

    /**
     * Finds the pictures.
     *
     * @param suffixes of the names of all results of a picture, behind its stem
     * @param outdir where results will go: it is not searched
     * @throws FathomException if there is nothing there or no picture in it, or a result would replace a picture
     */
    public static List<Input> find(Path imgPath, Path outdir, List<String> suffixes) {
        if (!Files.exists(imgPath)) {
            throw new FathomException("There is no " + imgPath
                    + "; --img-path takes a picture, a folder of pictures or a .txt list of them.");
        }
        if (Files.isDirectory(imgPath)) {
            return ResultNames.give(imgPath, inFolder(imgPath, outdir), outdir, suffixes);
        }
        boolean list = imgPath.toString().toLowerCase(Locale.ROOT).endsWith(".txt");
        return ResultNames.give(null, list ? inList(imgPath) : List.of(imgPath), outdir, suffixes);
    }

    private static List<Path> inFolder(Path folder, Path outdir) {
        Path results = ResultNames.real(outdir);
        Path searched = ResultNames.real(folder);
        if (results.equals(searched)) {
            throw new FathomException("Results would go into " + folder
                    + ", the folder that is searched for pictures, and be pictures in the next"
                    + " run; choose another --outdir.");
        }
        boolean inside = results.startsWith(searched);
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> pictures = all.filter(p -> !inside || !ResultNames.real(p).startsWith(results))
                    .filter(PictureReader::recognises)
                    .sorted().toList();
            if (pictures.isEmpty()) {
                throw new FathomException("The folder " + folder
                        + " holds no picture, nor do the folders below it; expected JPEG, PNG, TIFF, WebP,"
                        + " BMP or GIF.");
            }
            return pictures;
        } catch (IOException | UncheckedIOException e) {
            throw new FathomException("The folder " + folder + " cannot be searched for pictures (" + e.getMessage()
                    + "); check its permissions.", e);
        }
    }

    private static List<Path> inList(Path list) {
        try {
            List<Path> pictures = Files.readAllLines(list).stream().map(String::strip).filter(line -> !line.isEmpty())
                    .map(line -> resolve(list, line)).distinct().toList();
            if (pictures.isEmpty()) {
                throw new FathomException("The list " + list + " is empty; expected the path of one picture a line.");
            }
            return pictures;
        } catch (CharacterCodingException e) {
            throw new FathomException("The list " + list
                    + " is no text in UTF-8; expected the path of one picture a line.", e);
        } catch (IOException e) {
            throw new FathomException("The list " + list + " cannot be read (" + e.getMessage()
                    + "); check its permissions.", e);
        }
    }

    /** Relative paths are tried from here, as the original does, then from the list's own folder. */
    private static Path resolve(Path list, String line) {
        try {
            Path here = Path.of(line);
            Path beside = list.toAbsolutePath().resolveSibling(line);
            return Files.exists(here) || !Files.exists(beside) ? here : beside;
        } catch (InvalidPathException e) {
            throw new FathomException("The list " + list + " has a line that is no path: " + e.getReason()
                    + "; expected the path of one picture a line.", e);
        }
    }
}
