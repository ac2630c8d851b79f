package dev.fathom.training.state;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The states before the last, in a run's folder {@code states/}, each under the number of its step. One gets its place
 * there as a second name (a hard link) of {@code last.safetensors} before that is replaced: nothing is written twice,
 * and there is no moment without a valid last state.
 */
final class KeptStates {
    private static final Pattern NAME = Pattern.compile("step-(\\d{1,18})\\.safetensors");

    private final Path folder;

    KeptStates(Path folder) {
        this.folder = folder;
    }

    /** The newest that is not the last state itself under another name; empty if none is kept. */
    Optional<Path> newestBeside(Path last) {
        return all().reversed().stream().filter(state -> !isSame(state, last)).findFirst();
    }

    /** In the order of their steps. */
    private List<Path> all() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> step(f).isPresent())
                    .sorted(Comparator.comparingLong(f -> step(f).getAsLong())).toList();
        } catch (IOException e) {
            throw failed("cannot be listed", e);
        }
    }

    private static OptionalLong step(Path file) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        return name.matches() ? OptionalLong.of(Long.parseLong(name.group(1))) : OptionalLong.empty();
    }

    private static boolean isSame(Path a, Path b) {
        try {
            return Files.exists(b) && Files.isSameFile(a, b);
        } catch (IOException e) {
            throw new FathomException(a + " and " + b + " cannot be compared (" + e + "); check the disk.", e);
        }
    }

    /** Gives the last state, which is of this step, a place here too. */
    void keep(Path last, long step) {
        Path name = folder.resolve("step-%08d.safetensors".formatted(step));
        Path beside = folder.resolve("." + name.getFileName() + ".0.tmp");
        try {
            Files.createDirectories(folder);
            if (Files.exists(name) && Files.isSameFile(name, last)) {
                return; // The process was killed between this and the new last state.
            }
            place(last, beside, name);
        } catch (IOException e) {
            throw failed("cannot take " + last, e);
        }
    }

    private void place(Path last, Path beside, Path name) throws IOException {
        boolean done = false;
        try {
            Files.deleteIfExists(beside);
            linkOrCopy(beside, last);
            Files.move(beside, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            force();
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(beside);
            }
        }
    }

    /** A disk that knows no links gets a copy. */
    private static void linkOrCopy(Path to, Path from) throws IOException {
        try {
            Files.createLink(to, from);
        } catch (UnsupportedOperationException | FileSystemException noLinks) {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
            try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        }
    }

    /** Makes the new names survive a power cut, where folders can be forced. */
    private void force() throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /**
     * Deletes all but the newest. Those of later steps than the run's stay: a run that went back to an earlier state
     * will come by them again.
     *
     * @param count how many stay
     * @param step of the run now
     */
    void keepOnly(int count, long step) {
        List<Path> before = all().stream().filter(f -> step(f).getAsLong() < step).toList();
        try {
            for (Path old : before.subList(0, Math.max(0, before.size() - count))) {
                Files.delete(old);
            }
        } catch (IOException e) {
            throw failed("cannot be cleared of old states", e);
        }
    }

    private FathomException failed(String what, IOException e) {
        return new FathomException("The folder of kept states " + folder + " " + what + " (" + e
                + "); the last state is whole: free space or make the folder writable, then go on with --resume.", e);
    }
}
