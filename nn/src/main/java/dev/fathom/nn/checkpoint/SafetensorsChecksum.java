package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;

/**
 * The checksums that a safetensors file carries of itself, so that every bit of it is under one: the entry {@link #KEY}
 * of the metadata, words of 8 hexadecimal digits with a space between. The first is the CRC-32C of the header, that is
 * of the file's first 8 bytes and the JSON with its padding, where these first 8 digits themselves count as zeros. Then
 * comes one of the bytes of each tensor, in the header's order.
 *
 * <p>Why CRC-32C (RFC 3720, appendix B.4) and not SHA-256: processors have an instruction for it, so that it costs a
 * fiftieth of writing where SHA-256 costs more than half (measured: 25 and 1.5 GB/s; a disk takes about 1). It finds
 * every error of one bit and every burst of up to 32, and overlooks one in 4 billion of the others. It does not prove
 * who wrote a file, but neither would a digest that the same file carries.
 */
final class SafetensorsChecksum {
    /** The entry of the metadata; readers do not pass it on, because it belongs to these bytes and no others. */
    static final String KEY = "fathom.crc32c";

    private static final byte[] BEGINNING = ("\"" + KEY + "\":\"").getBytes(StandardCharsets.US_ASCII);
    private static final int DIGITS = 8;
    private static final int BUFFER = 1 << 20;

    private SafetensorsChecksum() {
    }

    /** The value's place in a header that is written before the data. */
    static String blank(int tensors) {
        return String.join(" ", Collections.nCopies(tensors + 1, "0".repeat(DIGITS)));
    }

    /**
     * Fills in the checksums.
     *
     * @param header with a {@link #blank} value
     * @param tensors the checksum of each tensor, in the header's order
     */
    static void fill(byte[] header, int[] tensors) {
        int at = valueIn(header);
        byte[] length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length).array();
        for (int i = 0; i < tensors.length; i++) {
            put(header, at + (i + 1) * (DIGITS + 1), tensors[i]);
        }
        put(header, at, sum(length, header));
    }

    private static void put(byte[] header, int at, int sum) {
        System.arraycopy("%08x".formatted(sum).getBytes(StandardCharsets.US_ASCII), 0, header, at, DIGITS);
    }

    private static int sum(byte[]... parts) {
        CRC32C sum = new CRC32C();
        for (byte[] part : parts) {
            sum.update(part);
        }
        return (int) sum.getValue();
    }

    /** Where the first digit is; -1 if the header has no such entry, or another program wrote it. */
    private static int valueIn(byte[] header) {
        for (int at = 0; at <= header.length - BEGINNING.length; at++) {
            if (header[at] == BEGINNING[0]
                    && Arrays.equals(header, at, at + BEGINNING.length, BEGINNING, 0, BEGINNING.length)) {
                return at + BEGINNING.length;
            }
        }
        return -1;
    }

    /**
     * Reads the whole file once and compares.
     *
     * <p>It is read, not looked at where it is mapped: a disk that fails then says so, where a mapping would end the
     * process.
     *
     * @param header as it was read when the file was opened
     * @param headerBytes its length without the 8 bytes before it
     * @throws CheckpointException if anything differs, or the file cannot be read
     */
    static void verify(Path path, FileChannel channel, SafetensorsHeader header, int headerBytes) {
        List<SafetensorsHeader.Entry> entries = header.entries();
        byte[] length = new byte[Long.BYTES];
        byte[] text = new byte[headerBytes];
        try (Arena arena = Arena.ofConfined()) {
            read(channel, 0, ByteBuffer.wrap(length));
            read(channel, Long.BYTES, ByteBuffer.wrap(text));
            int[] expected = words(header.metadata().get(KEY), entries.size() + 1);
            int at = valueIn(text);
            if (expected == null || at < 0) {
                throw altered(path + " has checksums (" + KEY + ") in another form than Fathom writes");
            }
            Arrays.fill(text, at, at + DIGITS, (byte) '0');
            compare(path + ", its header,", sum(length, text), expected[0]);
            ByteBuffer buffer = arena.allocate(BUFFER).asByteBuffer();
            long data = Long.BYTES + headerBytes;
            for (int i : inOrderOfPlace(entries)) {
                SafetensorsHeader.Entry e = entries.get(i);
                compare(path + ", tensor '" + e.name() + "',", of(channel, data + e.begin(), data + e.end(), buffer),
                        expected[i + 1]);
            }
        } catch (IOException e) {
            throw new CheckpointException(path + " cannot be read (" + e
                    + "); expected a readable file: check its permissions and the disk.", e);
        }
    }

    private static List<Integer> inOrderOfPlace(List<SafetensorsHeader.Entry> entries) {
        return IntStream.range(0, entries.size()).boxed()
                .sorted(Comparator.comparingLong(i -> entries.get(i).begin())).toList();
    }

    private static int of(FileChannel channel, long from, long to, ByteBuffer buffer) throws IOException {
        CRC32C sum = new CRC32C();
        for (long at = from; at < to; at += buffer.limit()) {
            sum.update(read(channel, at, buffer.clear().limit((int) Math.min(buffer.capacity(), to - at))).flip());
        }
        return (int) sum.getValue();
    }

    private static ByteBuffer read(FileChannel channel, long at, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into, at + into.position()) < 0) {
                throw new EOFException("the file has become shorter while it was read");
            }
        }
        return into;
    }

    /** Null unless there are {@code count} words of 8 digits. */
    private static int[] words(String value, int count) {
        String[] words = value.split(" ", -1);
        if (words.length != count || !Arrays.stream(words).allMatch(w -> w.matches("[0-9a-f]{8}"))) {
            return null;
        }
        return Arrays.stream(words).mapToInt(w -> Integer.parseUnsignedInt(w, 16)).toArray();
    }

    private static void compare(String what, int found, int expected) {
        if (found != expected) {
            throw altered("%s has checksum %08x where the file says %08x".formatted(what, found, expected));
        }
    }

    private static CheckpointException altered(String what) {
        return new CheckpointException(what + "; expected the same: the file was altered or damaged after it was"
                + " written, get it again.");
    }
}
