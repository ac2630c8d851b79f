package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes safetensors, one tensor at a time.
 *
 * <p>The header keeps the order of the tensors. The data lies widest elements first, so that every tensor begins at a
 * multiple of its element size whatever the sizes before it.
 */
final class SafetensorsWriter {
    private static final long CHUNK = 1 << 28;

    private SafetensorsWriter() {
    }

    static void write(Path path, Collection<CheckpointTensor> tensors,
            Map<String, String> metadata) throws IOException {
        List<CheckpointTensor> byWidth = new ArrayList<>(tensors);
        byWidth.sort(Comparator.comparingInt((CheckpointTensor t) -> t.dtype().bytes()).reversed());
        Map<String, Long> begins = new HashMap<>();
        long end = 0;
        for (CheckpointTensor t : byWidth) {
            begins.put(t.name(), end);
            end = Math.addExact(end, t.byteSize());
        }
        byte[] header = new SafetensorsHeader(tensors.stream()
                .map(t -> new SafetensorsHeader.Entry(t.name(), t.dtype(), t.shape(),
                begins.get(t.name()), begins.get(t.name()) + t.byteSize())).toList(), metadata).toBytes();
        if (header.length > SafetensorsFile.MAX_HEADER) {
            throw new CheckpointException(path + " would need a header of " + header.length
                    + " bytes; expected at most " + SafetensorsFile.MAX_HEADER + ": shorten the metadata.");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            write(channel, ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
            write(channel, ByteBuffer.wrap(header));
            for (CheckpointTensor t : byWidth) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment data = t.data(arena);
                    for (long at = 0; at < data.byteSize(); at += CHUNK) {
                        write(channel, data.asSlice(at, Math.min(CHUNK, data.byteSize() - at)).asByteBuffer());
                    }
                }
            }
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
