package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A whole file as read-only memory, of any size, until it is closed.
 *
 * @param channel the same file for reading: it stays this one if another takes its name
 */
record MappedFile(Path path, Arena arena, MemorySegment bytes, FileChannel channel) implements AutoCloseable {

    static MappedFile open(Path path) {
        if (!Files.exists(path)) {
            throw new CheckpointException(path + " does not exist; expected a weights file: check the path.");
        }
        if (!Files.isRegularFile(path)) {
            throw new CheckpointException(path + " is not a file; expected a weights file: name the file itself.");
        }
        Arena arena = Arena.ofShared();
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path, StandardOpenOption.READ);
            long size = channel.size();
            MemorySegment bytes = size == 0 ? MemorySegment.NULL
                    : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            return new MappedFile(path, arena, bytes, channel);
        } catch (IOException e) {
            arena.close();
            var refusal = new CheckpointException(path + " cannot be read (" + e.getMessage()
                    + "); expected a readable file: check its permissions and the disk.", e);
            close(channel, refusal);
            throw refusal;
        }
    }

    private static void close(FileChannel channel, CheckpointException refusal) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            refusal.addSuppressed(e);
        }
    }

    @Override
    public void close() {
        arena.close();
        try {
            channel.close();
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be closed (" + e.getMessage() + "); check the disk.", e);
        }
    }
}
