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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes safetensors, one tensor at a time.
 *
 * <p>The header keeps the order of the tensors. The data lies widest elements first, so that every tensor begins at a
 * multiple of its element size whatever the sizes before it. The metadata gets the file's checksums:
 * {@link SafetensorsChecksum}.
 */
final class SafetensorsWriter {
    private static final long CHUNK = 1 << 24;

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
        Map<String, String> described = new LinkedHashMap<>(metadata);
        described.put(SafetensorsChecksum.KEY, SafetensorsChecksum.blank(tensors.size()));
        byte[] header = new SafetensorsHeader(tensors.stream()
                .map(t -> new SafetensorsHeader.Entry(t.name(), t.dtype(), t.shape(),
                begins.get(t.name()), begins.get(t.name()) + t.byteSize())).toList(), described).toBytes();
        if (header.length > SafetensorsFile.MAX_HEADER) {
            throw new CheckpointException(path + " would need a header of " + header.length
                    + " bytes; expected at most " + SafetensorsFile.MAX_HEADER + ": shorten the metadata.");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            write(channel, ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
            write(channel, ByteBuffer.wrap(header));
            Map<String, Integer> sums = new HashMap<>();
            for (CheckpointTensor t : byWidth) {
                sums.put(t.name(), write(channel, t));
            }
            // Only now are the checksums known: the header is written again, with them.
            SafetensorsChecksum.fill(header, tensors.stream().mapToInt(t -> sums.get(t.name())).toArray());
            channel.position(Long.BYTES);
            write(channel, ByteBuffer.wrap(header));
        }
    }

    /** Returns the CRC-32C of what was written. */
    private static int write(FileChannel channel, CheckpointTensor tensor) throws IOException {
        CRC32C sum = new CRC32C();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = tensor.data(arena);
            for (long at = 0; at < data.byteSize(); at += CHUNK) {
                ByteBuffer bytes = data.asSlice(at, Math.min(CHUNK, data.byteSize() - at)).asByteBuffer();
                sum.update(bytes.duplicate());
                write(channel, bytes);
            }
        }
        return (int) sum.getValue();
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
