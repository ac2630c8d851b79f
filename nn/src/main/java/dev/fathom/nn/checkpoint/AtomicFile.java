package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Replaces a file as a whole or not at all.
 *
 * <p>The new content goes to a temporary file in the same folder (hence the same disk), is forced to the disk, and
 * then takes the old file's name in one step. Whatever happens before that step, a full disk, an exception, a killed
 * process, the old file is untouched; after an exception the temporary file is gone too.
 */
public final class AtomicFile {
    /** Writes the new content to the path it is given, where an empty file waits. */
    @FunctionalInterface
    public interface Body {
        void writeTo(Path temporary) throws IOException;
    }

    private AtomicFile() {
    }

    /**
     * Replaces {@code target}, or creates it; its folder must exist.
     *
     * @throws CheckpointException if the file cannot be written; {@code target} is then as it was, unless the sentence
     *     says that it is written and only its name is not on the disk for certain. Exceptions that {@code body}
     *     throws by itself pass through, with the same promise.
     */
    public static void replace(Path target, Body body) {
        Path real = resolve(target);
        Path temporary = real.resolveSibling("." + real.getFileName() + "."
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()) + ".tmp");
        boolean done = false;
        try {
            Files.createFile(temporary);
            body.writeTo(temporary);
            force(temporary, StandardOpenOption.WRITE);
            Files.move(temporary, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            done = true;
        } catch (IOException e) {
            throw new CheckpointException(target + " cannot be written (" + reason(e) + "); "
                    + (Files.exists(real) ? "the file that is there is as it was; " : "no file was left behind; ")
                    + "expected a writable folder with enough room: free space or choose another place.", e);
        } finally {
            if (!done) {
                delete(temporary, target);
            }
        }
        forceFolder(real, target);
    }

    /** Makes the new name itself survive a power cut, where folders can be forced. */
    private static void forceFolder(Path real, Path target) {
        if (!real.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        try {
            force(real.getParent(), StandardOpenOption.READ);
        } catch (IOException e) {
            throw new CheckpointException(target + " is written whole, but its folder cannot be forced to the disk ("
                    + reason(e) + "), so that a power cut may bring back what was there before; expected a sound disk:"
                    + " check it, or choose another place.", e);
        }
    }

    /** A symbolic link stays one: the file that it points to is replaced. */
    private static Path resolve(Path target) {
        Path absolute = target.toAbsolutePath();
        if (absolute.getFileName() == null || Files.isDirectory(absolute)) {
            throw new CheckpointException(target + " is a folder; expected a file name: add one.");
        }
        if (!Files.isDirectory(absolute.getParent())) {
            throw new CheckpointException(absolute.getParent() + " is not a folder; expected one to write "
                    + absolute.getFileName() + " to: create it first.");
        }
        try {
            return Files.isSymbolicLink(absolute) ? absolute.toRealPath() : absolute;
        } catch (IOException e) {
            throw new CheckpointException(target + " is a link to nowhere (" + reason(e)
                    + "); expected a file name: remove the link.", e);
        }
    }

    private static void force(Path path, StandardOpenOption option) throws IOException {
        try (FileChannel channel = FileChannel.open(path, option)) {
            channel.force(true);
        }
    }

    private static void delete(Path temporary, Path target) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            throw new CheckpointException(target + " cannot be written, and " + temporary + " cannot be removed ("
                    + reason(e) + "); expected a writable folder: remove that file by hand.", e);
        }
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getClass().getSimpleName() + ": "
                + e.getMessage();
    }
}
