package dev.fathom.nn.checkpoint;

import dev.fathom.engine.errors.CheckpointException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32;

/**
 * The entries of a zip file of stored entries, as slices of the mapped file.
 *
 * <p>The JDK's {@code ZipFile} reads torch's zips too, but copies what could be mapped. Field offsets are those of
 * PKWARE's APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (end records,
 * zip64).
 */
final class ZipDirectory {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END64 = 0x06064b50;
    private static final int LOCATOR64 = 0x07064b50;
    private static final int END_BYTES = 22;
    private static final int CENTRAL_BYTES = 46;
    private static final int LOCAL_BYTES = 30;
    private static final int MAX_COMMENT = 65535;
    private static final long IN_ZIP64 = 0xffffffffL;

    /** A stored entry; {@link #verify} compares its bytes with the zip's checksum, once. */
    record Entry(String where, MemorySegment bytes, int crc, AtomicBoolean verified) {
        private static final long CHUNK = 1 << 24;

        void verify() {
            if (verified.get()) {
                return;
            }
            var sum = new CRC32();
            for (long at = 0; at < bytes.byteSize(); at += CHUNK) {
                sum.update(bytes.asSlice(at, Math.min(CHUNK, bytes.byteSize() - at)).asByteBuffer());
            }
            if ((int) sum.getValue() != crc) {
                throw new CheckpointException(where + " has checksum %08x where the zip says %08x; expected the same:"
                        .formatted((int) sum.getValue(), crc)
                                + " the file is damaged, or PyTorch was told to write no checksums"
                        + " (set_crc32_options); get it or save it again.");
            }
            verified.set(true);
        }
    }

    private final MappedFile file;
    private final MemorySegment bytes;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private ZipDirectory(MappedFile file) {
        this.file = file;
        this.bytes = file.bytes();
    }

    static ZipDirectory read(MappedFile file) {
        var directory = new ZipDirectory(file);
        try {
            directory.readCentral();
        } catch (IndexOutOfBoundsException e) {
            throw directory.broken("a header lies outside the file", e);
        }
        return directory;
    }

    Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /** The entry of this name, or null. */
    Entry entry(String name) {
        return entries.get(name);
    }

    private void readCentral() {
        long end = findEnd();
        long count = unsigned(bytes.get(SHORT, end + 10));
        long size = unsigned(bytes.get(INT, end + 12));
        long at = unsigned(bytes.get(INT, end + 16));
        long limit = end;
        if (end >= 20 && bytes.get(INT, end - 20) == LOCATOR64) {
            limit = bytes.get(LONG, end - 12);
            if (limit < 0 || limit > end - 20 || bytes.get(INT, limit) != END64) {
                throw broken("the zip64 end record is not where it should be", null);
            }
            count = bytes.get(LONG, limit + 32);
            size = bytes.get(LONG, limit + 40);
            at = bytes.get(LONG, limit + 48);
        }
        if (at < 0 || size < 0 || at > limit || size > limit - at || count < 0 || count > size / CENTRAL_BYTES) {
            throw broken("the central directory is not inside the file", null);
        }
        long stop = at + size;
        for (long i = 0; i < count; i++) {
            at = readEntry(at, stop);
        }
    }

    private long findEnd() {
        long first = Math.max(0, bytes.byteSize() - END_BYTES - MAX_COMMENT);
        for (long at = bytes.byteSize() - END_BYTES; at >= first; at--) {
            if (bytes.get(INT, at) == END && at + END_BYTES + unsigned(bytes.get(SHORT, at + 20)) == bytes.byteSize()) {
                return at;
            }
        }
        throw broken("it has no central directory at its end", null);
    }

    private long readEntry(long at, long stop) {
        if (at > stop - CENTRAL_BYTES || bytes.get(INT, at) != CENTRAL) {
            throw broken("a central header is missing at byte " + at, null);
        }
        int nameLength = (int) unsigned(bytes.get(SHORT, at + 28));
        int extraLength = (int) unsigned(bytes.get(SHORT, at + 30));
        int commentLength = (int) unsigned(bytes.get(SHORT, at + 32));
        long next = at + CENTRAL_BYTES + nameLength + extraLength + commentLength;
        if (next > stop) {
            throw broken("a central header is cut off at byte " + at, null);
        }
        String name = new String(bytes.asSlice(at + CENTRAL_BYTES, nameLength).toArray(ValueLayout.JAVA_BYTE),
                StandardCharsets.UTF_8);
        long[] sizes = sizes(at, nameLength, extraLength);
        long stored = sizes[0];
        long compressed = sizes[1];
        boolean encrypted = (bytes.get(SHORT, at + 8) & 1) != 0;
        int method = bytes.get(SHORT, at + 10);
        if (encrypted || method != 0 || stored != compressed) {
            throw new CheckpointException(file.path() + ", entry '" + name
                    + "', is compressed or encrypted; expected stored"
                    + " entries as torch.save writes them: unpack the file and pack it again with zip -0.");
        }
        String where = file.path() + ", entry '" + name + "',";
        long data = dataStart(sizes[2], name);
        if (stored < 0 || data > bytes.byteSize() || stored > bytes.byteSize() - data) {
            throw broken("the data of entry '" + name + "' lies outside the file", null);
        }
        var entry = new Entry(where, bytes.asSlice(data, stored), bytes.get(INT, at + 16), new AtomicBoolean());
        if (entries.put(name, entry) != null) {
            throw broken("entry '" + name + "' is there twice", null);
        }
        return next;
    }

    /**
     * Uncompressed size, compressed size, header offset: from the fixed fields or, where those are full, the zip64
     * field.
     */
    private long[] sizes(long at, int nameLength, int extraLength) {
        long[] sizes = {unsigned(bytes.get(INT, at + 24)), unsigned(bytes.get(INT, at + 20)),
                unsigned(bytes.get(INT, at + 42))};
        long field = at + CENTRAL_BYTES + nameLength;
        long end = field + extraLength;
        while (field + 4 <= end) {
            long id = unsigned(bytes.get(SHORT, field));
            long length = unsigned(bytes.get(SHORT, field + 2));
            long value = field + 4;
            for (int i = 0; id == 1 && i < sizes.length; i++) {
                if (sizes[i] == IN_ZIP64 && value + Long.BYTES <= Math.min(end, field + 4 + length)) {
                    sizes[i] = bytes.get(LONG, value);
                    value += Long.BYTES;
                }
            }
            field += 4 + length;
        }
        return sizes;
    }

    /**
     * Local headers have their own lengths of name and padding: torch pads there so that data begins at multiples of
     * 64.
     */
    private long dataStart(long header, String name) {
        if (header < 0 || header > bytes.byteSize() - LOCAL_BYTES || bytes.get(INT, header) != LOCAL) {
            throw broken("the local header of entry '" + name + "' is missing", null);
        }
        return header + LOCAL_BYTES + unsigned(bytes.get(SHORT, header + 26)) + unsigned(bytes.get(SHORT, header + 28));
    }

    private static long unsigned(short value) {
        return value & 0xffff;
    }

    private static long unsigned(int value) {
        return value & 0xffffffffL;
    }

    private CheckpointException broken(String what, Throwable cause) {
        return new CheckpointException(file.path() + " is a damaged or incomplete zip: " + what
                + "; expected a whole PyTorch file: download or copy it again.", cause);
    }
}
