package dev.fathom.tools.output;

import dev.fathom.engine.errors.FathomException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes files so that they are either complete or not there: to a neighbour first, then renamed. */
public final class AtomicFile {
    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /** Writes everything to {@code out}, which the caller closes. */
        void writeTo(OutputStream out) throws IOException;
    }

    private AtomicFile() {
    }

    /**
     * Writes {@code file}, replacing one that is there. On any failure the old file stays as it was and nothing is left
     * beside it.
     *
     * @param what names the thing in the error message: {@code "the report"}
     * @throws FathomException if the file cannot be written
     */
    public static void write(Path file, String what, Content content) {
        Path partial = file.resolveSibling(file.getFileName() + "." + ProcessHandle.current().pid() + ".partial");
        try {
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial), 1 << 16)) {
                content.writeTo(out);
            } catch (IOException | RuntimeException e) {
                Files.deleteIfExists(partial);
                throw e;
            }
            Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new FathomException("Cannot write " + what + " " + file + ": " + reason(file, e), e);
        }
    }

    /** Writes bytes that are ready. */
    public static void write(Path file, String what, byte[] bytes) {
        write(file, what, out -> out.write(bytes));
    }

    /** Makes a folder and those above it, unless they are there. */
    public static void folder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new FathomException("Cannot make the output folder " + folder + ": " + reason(folder, e), e);
        }
    }

    private static String reason(Path file, IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "permission is denied; choose a folder that may be written to.";
            case NoSuchFileException missing -> "the folder " + file.toAbsolutePath().getParent() + " does not exist; make it first.";
            default -> (e.getMessage() == null ? e.toString() : e.getMessage())
                + "; check that the disk is not full and that the folder may be written to.";
        };
    }
}
