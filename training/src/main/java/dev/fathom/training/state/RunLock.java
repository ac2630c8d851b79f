package dev.fathom.training.state;

import dev.fathom.engine.errors.FathomException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A run's folder for one run alone. The operating system holds the lock and lets go of it however the process ends, so
 * that a killed run locks nobody out. The file itself stays: were it deleted, two runs could hold two files of one name.
 */
public final class RunLock implements AutoCloseable {
    /** Where the lock is, far behind the text, because Windows lets nobody read what is locked. */
    private static final long PLACE = Long.MAX_VALUE - 1;
    private static final int MOST_TEXT = 200;
    /**
     * Files that this process has locked. POSIX locks belong to a process and go when it closes any channel of the
     * file, so a second run in this process must not even open it.
     */
    private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

    private final Path key;
    private final Path file;
    private final FileChannel channel;

    private RunLock(Path key, Path file, FileChannel channel) {
        this.key = key;
        this.file = file;
        this.channel = channel;
    }

    /**
     * Takes the folder.
     *
     * @param file of the lock; its folder exists
     * @throws FathomException if another run has it, in this process or another
     */
    static RunLock take(Path file) {
        try {
            Path key = file.toAbsolutePath().getParent().toRealPath();
            if (!OURS.add(key)) {
                throw inUse(file, "in this process");
            }
            FileChannel channel = null;
            try {
                channel = lock(file);
                return new RunLock(key, file, channel);
            } finally {
                if (channel == null) {
                    OURS.remove(key);
                }
            }
        } catch (IOException e) {
            throw new FathomException("The run folder " + file.getParent() + " cannot be locked (" + e
                    + "), so another process could train into it too; free space, or choose a folder on another disk"
                    + " with --outdir.",
                    e);
        }
    }

    private static FileChannel lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        boolean taken = false;
        try {
            if (channel.tryLock(PLACE, 1, false) == null) {
                throw inUse(file, text(channel));
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(("process " + ProcessHandle.current().pid() + ", since "
                    + Instant.now().truncatedTo(ChronoUnit.SECONDS) + "\n").getBytes(StandardCharsets.UTF_8)), 0);
            taken = true;
            return channel;
        } finally {
            if (!taken) {
                channel.close();
            }
        }
    }

    private static String text(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(MOST_TEXT);
        channel.read(bytes, 0);
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).strip();
    }

    private static FathomException inUse(Path file, String owner) {
        return new FathomException("Another run trains into " + file.getParent() + " already (" + owner
                + "); wait for it or stop it, or choose another folder with --outdir.");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new FathomException("The run's lock " + file + " cannot be let go (" + e
                    + "); check the disk that it is on.", e);
        } finally {
            OURS.remove(key);
        }
    }
}
