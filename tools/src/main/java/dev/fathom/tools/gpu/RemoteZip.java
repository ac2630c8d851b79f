package dev.fathom.tools.gpu;

import dev.fathom.engine.errors.FathomException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The table of contents of a zip file somewhere else, read from its end; entries are then fetched one by one. Layout:
 * APPNOTE 6.3, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end). No ZIP64: files below 4 GB.
 */
final class RemoteZip {
    private static final int END_SIZE = 22;
    private static final int DEFLATED = 8;

    /**
     * One file in it.
     *
     * @param name its path
     * @param packed bytes as they lie there, deflated
     * @param size bytes unpacked
     * @param header where its local header begins
     */
    record Entry(String name, long packed, long size, long header) {
        /** The name without folders. */
        String file() {
            return name.substring(name.lastIndexOf('/') + 1);
        }
    }

    private final RemoteFile file;

    RemoteZip(RemoteFile file) {
        this.file = file;
    }

    List<Entry> entries() throws IOException {
        long size = file.size();
        int tail = (int) Math.min(size, 1 << 16);
        ByteBuffer end = read(size - tail, tail);
        int at = tail - END_SIZE;
        while (at >= 0 && end.getInt(at) != 0x06054b50) {
            at--;
        }
        if (at < 0) {
            throw new FathomException(file.name() + " is not a zip file: it has no end record.");
        }
        int count = end.getShort(at + 10) & 0xffff;
        long length = end.getInt(at + 12) & 0xffffffffL;
        long start = end.getInt(at + 16) & 0xffffffffL;
        if (start + length > size) {
            throw new FathomException(file.name() + " is damaged: its directory would lie outside.");
        }
        return parse(read(start, (int) length), count);
    }

    private List<Entry> parse(ByteBuffer directory, int count) {
        List<Entry> entries = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < count; i++) {
            if (directory.getInt(at) != 0x02014b50) {
                throw new FathomException(file.name() + " is damaged: entry " + i
                    + " of its directory cannot be read.");
            }
            int name = directory.getShort(at + 28) & 0xffff;
            String path = new String(directory.array(), at + 46, name, StandardCharsets.UTF_8);
            if (directory.getShort(at + 10) == DEFLATED) {
                entries.add(new Entry(path, directory.getInt(at + 20) & 0xffffffffL, directory.getInt(at + 24)
                    & 0xffffffffL, directory.getInt(at + 42) & 0xffffffffL));
            }
            at += 46 + name + (directory.getShort(at + 30) & 0xffff) + (directory.getShort(at + 32) & 0xffff);
        }
        return entries;
    }

    /** Where an entry's deflated bytes begin. */
    long dataStart(Entry entry) throws IOException {
        ByteBuffer header = read(entry.header, 30);
        if (header.getInt(0) != 0x04034b50) {
            throw new FathomException(file.name() + " is damaged: " + entry.name + " is not where its directory says.");
        }
        return entry.header + 30 + (header.getShort(26) & 0xffff) + (header.getShort(28) & 0xffff);
    }

    private ByteBuffer read(long from, int count) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(count);
        file.read(from, count, out);
        return ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    }
}
