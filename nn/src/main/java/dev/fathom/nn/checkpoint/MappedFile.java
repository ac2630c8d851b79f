package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A whole file as read-only memory, of any size, until it is closed. */
record MappedFile(Path path, Arena arena, MemorySegment bytes) implements AutoCloseable {

    static MappedFile open(Path path) {
        if (!Files.exists(path)) {
            throw new CheckpointException(path + " does not exist; expected a weights file: check the path.");
        }
        if (!Files.isRegularFile(path)) {
            throw new CheckpointException(path + " is not a file; expected a weights file: name the file itself.");
        }
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            MemorySegment bytes = size == 0 ? MemorySegment.NULL
                    : channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            return new MappedFile(path, arena, bytes);
        } catch (IOException e) {
            arena.close();
            throw new CheckpointException(path + " cannot be read (" + e.getMessage()
                    + "); expected a readable file: check its permissions and the disk.", e);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
