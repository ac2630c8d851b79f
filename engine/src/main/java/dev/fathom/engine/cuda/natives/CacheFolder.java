package dev.fathom.engine.cuda.natives;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where Fathom keeps files that it can make or fetch again: the system property {@code fathom.cache}, else the
 * environment's {@code FATHOM_CACHE}, else {@code ~/.cache/fathom}.
 */
public final class CacheFolder {
    /** The system property that sets the folder; meant for tests. */
    public static final String PROPERTY = "fathom.cache";
    /** The environment variable that sets the folder. */
    public static final String VARIABLE = "FATHOM_CACHE";

    private CacheFolder() {
    }

    /** The folder, which need not exist. */
    public static Path path() {
        String set = System.getProperty(PROPERTY, System.getenv(VARIABLE));
        return set != null && !set.isBlank() ? Path.of(set).toAbsolutePath()
            : Path.of(System.getProperty("user.home"), ".cache", "fathom");
    }

    /**
     * A folder below {@link #path()}, made if need be.
     *
     * @throws FathomException if it cannot be made or written
     */
    public static Path make(String name) {
        Path folder = path().resolve(name);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw unusable(folder, e.toString());
        }
        if (!Files.isWritable(folder)) {
            throw unusable(folder, "no permission");
        }
        return folder;
    }

    private static FathomException unusable(Path folder, String reason) {
        return new FathomException("The cache folder " + folder + " cannot be written (" + reason
            + "); set " + VARIABLE + " to a folder that can.");
    }
}
