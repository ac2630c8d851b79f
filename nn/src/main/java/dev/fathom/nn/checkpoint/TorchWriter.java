package dev.fathom.nn.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes what {@code torch.save(state_dict)} writes: a zip of stored entries, {@code ROOT/data.pkl} with the names and
 * shapes, {@code ROOT/data/KEY} with the elements of each tensor, {@code ROOT/byteorder} and {@code ROOT/version}. Data
 * begins at multiples of 64, so that PyTorch (and {@link TorchFile}) can map it.
 *
 * <p>A state dict has no place for metadata. It goes into an entry of our own, {@link #METADATA}, which PyTorch does not
 * look at and our reader does. One tensor is in memory at a time; each is read twice, because a zip wants the checksum
 * of an entry before the entry.
 */
final class TorchWriter {
    /** Name of the entry that holds the metadata, a JSON object of strings. */
    static final String METADATA = "fathom_metadata.json";

    private static final String ROOT = "archive/";
    private static final int ALIGNMENT = 64;
    /** Length of a zip's local header without its name and its extra field. */
    private static final int LOCAL_HEADER = 30;
    /** Identifier and length in front of an extra field's content. */
    private static final int EXTRA_HEADER = 4;
    /** Zip adds an extra field of its own from this size on, also without content of ours. */
    private static final long ZIP64 = 0xffffffffL;
    private static final int ZIP64_EXTRA = 20;
    private static final int CHUNK = 1 << 26;
    /**
     * One time for all entries: the same weights give the same file. Not the first day of 1980, which the JDK takes for
     * one that a zip cannot hold and puts into an extra field.
     */
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private final CountingStream counter;
    private final ZipOutputStream zip;

    private TorchWriter(OutputStream out) {
        this.counter = new CountingStream(out);
        this.zip = new ZipOutputStream(counter);
        zip.setMethod(ZipOutputStream.STORED);
    }

    static void write(Path path, Collection<CheckpointTensor> tensors, Map<String, String> metadata)
            throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(path), 1 << 16)) {
            var writer = new TorchWriter(out);
            writer.entry("data.pkl", MemorySegment.ofArray(PickleWriter.stateDict(tensors)));
            writer.entry("byteorder", text("little"));
            if (!metadata.isEmpty()) {
                writer.entry(METADATA, MemorySegment.ofArray(new ObjectMapper().writeValueAsBytes(metadata)));
            }
            int key = 0;
            for (CheckpointTensor tensor : tensors) {
                try (Arena arena = Arena.ofConfined()) {
                    writer.entry("data/" + key++, tensor.data(arena));
                }
            }
            writer.entry("version", text("3\n"));
            writer.zip.finish();
        }
    }

    private static MemorySegment text(String value) {
        return MemorySegment.ofArray(value.getBytes(StandardCharsets.US_ASCII));
    }

    private void entry(String name, MemorySegment content) throws IOException {
        ZipEntry entry = new ZipEntry(ROOT + name);
        entry.setTimeLocal(NO_TIME);
        entry.setSize(content.byteSize());
        entry.setCompressedSize(content.byteSize());
        List<ByteBuffer> chunks = chunks(content);
        CRC32 crc = new CRC32();
        chunks.forEach(chunk -> crc.update(chunk.duplicate()));
        entry.setCrc(crc.getValue());
        zip.flush();
        long start = counter.count + LOCAL_HEADER + ROOT.length() + name.length() + EXTRA_HEADER
                + (content.byteSize() >= ZIP64 ? ZIP64_EXTRA : 0);
        entry.setExtra(padding((int) ((ALIGNMENT - start % ALIGNMENT) % ALIGNMENT)));
        zip.putNextEntry(entry);
        WritableByteChannel channel = Channels.newChannel(zip);
        for (ByteBuffer chunk : chunks) {
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
        }
        zip.closeEntry();
    }

    private static List<ByteBuffer> chunks(MemorySegment content) {
        List<ByteBuffer> chunks = new ArrayList<>();
        for (long at = 0; at < content.byteSize(); at += CHUNK) {
            chunks.add(content.asSlice(at, Math.min(CHUNK, content.byteSize() - at)).asByteBuffer());
        }
        return chunks;
    }

    /** An extra field with the identifier that PyTorch uses for padding, FB, and {@code bytes} bytes of content. */
    private static byte[] padding(int bytes) {
        byte[] field = new byte[EXTRA_HEADER + bytes];
        field[0] = 'F';
        field[1] = 'B';
        field[2] = (byte) bytes;
        return field;
    }

    /** Counts what goes through. */
    private static final class CountingStream extends OutputStream {
        private final OutputStream out;
        private long count;

        CountingStream(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            out.write(b);
            count++;
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
            count += length;
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }
    }
}
