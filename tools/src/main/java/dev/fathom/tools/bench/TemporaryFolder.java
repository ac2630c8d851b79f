package dev.fathom.tools.bench;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** A place for files that a measurement needs and nobody later. */
final class TemporaryFolder {
    private TemporaryFolder() {
    }

    static Path make() {
        try {
            return Files.createTempDirectory("fathom-bench");
        } catch (IOException e) {
            throw new FathomException("A temporary folder cannot be made in " + System.getProperty("java.io.tmpdir")
                    + " (" + e.getMessage() + "); set another place for temporary files with TMPDIR.", e);
        }
    }

    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("deleting " + folder, e);
        }
    }
}
