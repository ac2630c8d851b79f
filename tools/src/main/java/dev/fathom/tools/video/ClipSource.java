package dev.fathom.tools.video;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.PictureReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/** What {@code --video-path} means. */
final class ClipSource {
    private static final Set<String> FILMS = Set.of("mp4", "mov", "m4v", "mkv", "webm", "avi", "mpg", "mpeg", "ts",
            "wmv", "flv", "3gp", "ogv");

    private ClipSource() {
    }

    /**
     * Finds the clip: a folder or pattern of numbered pictures, or a film.
     *
     * @param ffmpeg asked for only where a film is to be read
     * @throws FathomException if there is nothing there, or no clip
     */
    static ClipFrames find(String path, Supplier<Ffmpeg> ffmpeg) {
        Path file;
        try {
            int slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
            String last = path.substring(slash + 1);
            // A file that is there under this very name is meant, whatever its name looks like.
            if (PictureFrames.isPattern(last) && !exists(path)) {
                return PictureFrames.matching(Path.of(slash < 0 ? "." : path.substring(0, slash + 1)), last);
            }
            file = Path.of(path);
        } catch (InvalidPathException e) {
            throw new FathomException("--video-path is '" + path + "', which is no path here: " + e.getReason() + ".",
                    e);
        }
        if (Files.isDirectory(file)) {
            return PictureFrames.in(file);
        }
        if (!Files.exists(file)) {
            throw new FathomException("There is no " + file + "; --video-path takes a film, a folder of numbered"
                    + " pictures or a pattern of their names such as 'frames/%05d.png'.");
        }
        if (PictureReader.recognises(file) && !isFilm(file.getFileName().toString())) {
            throw new FathomException(file + " is one picture; --video-path takes a film or many pictures: give their"
                    + " folder, or use 'fathom predict' for one.");
        }
        return FilmFrames.of(ffmpeg.get(), file);
    }

    private static boolean exists(String path) {
        try {
            return Files.exists(Path.of(path));
        } catch (InvalidPathException e) {
            return false;       // as on Windows, where no file's name has a star
        }
    }

    /** Whether a file's name ends as films' do. */
    static boolean isFilm(String name) {
        return FILMS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    /** A number that changes with a file's name, size or time of change. */
    static long key(Path file) {
        try {
            long hash = 17;
            hash = 1_000_003 * hash + file.getFileName().toString().hashCode();
            hash = 1_000_003 * hash + Files.size(file);
            return 1_000_003 * hash + Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            throw new FathomException("The file " + file + " cannot be looked at (" + e.getMessage()
                    + "); check its permissions.", e);
        }
    }
}
