package dev.fathom.nn.hdf5;

import dev.fathom.engine.errors.Hdf5Exception;
import dev.fathom.nn.hdf5.Hdf5Messages.Message;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes an HDF5 file of contiguous arrays, one at a time.
 *
 * <p>jhdf can write too, but keeps every array on the heap until the end, knows no 16-bit floats, no unsigned
 * integers and no order, and takes a write that the disk cut short for a whole one. The structures here are those of
 * HDF5 1.8 and later; {@link Hdf5Arrays} and h5py read them.
 *
 * <p>Arrays begin at multiples of 64 bytes, little-endian; then come their headers, the groups, the attributes. Only
 * {@link #finish} makes the file readable.
 */
public final class Hdf5Writer implements AutoCloseable {
    private static final int ALIGNMENT = 64;
    private static final long CHUNK = 1 << 28;

    /** A group under construction: name to {@code Long} (address of a header) or {@code Group}, in creation order. */
    private static final class Group {
        private final Map<String, Object> children = new LinkedHashMap<>();
    }

    private final Path path;
    private final FileChannel channel;
    private final Group root = new Group();
    private final Map<String, String> attributes = new LinkedHashMap<>();
    private long end = Hdf5Messages.SUPERBLOCK_BYTES;

    /** Begins a file; what was at {@code path} is lost. */
    public Hdf5Writer(Path path) throws IOException {
        this.path = path;
        this.channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING);
    }

    /**
     * A string attribute of the root group. Its name must not begin or end with a space: jhdf would read it without.
     */
    public void attribute(String name, String value) {
        if (name.isEmpty() || !name.equals(name.trim()) || name.indexOf('\0') >= 0 || value.indexOf('\0') >= 0) {
            throw new Hdf5Exception("attribute '" + name.replace('\0', '?')
                    + "' is nameless, has spaces around its name or holds a zero; expected plain text: change it.");
        }
        int size = Hdf5Messages.attribute(name, value).content().length;
        if (size > Hdf5Messages.MAX_MESSAGE || !isUnicode(name) || !isUnicode(value)) {
            throw new Hdf5Exception("attribute '" + name + "' has " + size
                    + " bytes or is not sound Unicode; expected text of less" + " than 65000 bytes: shorten it.");
        }
        attributes.put(name, value);
    }

    /**
     * A data set; slashes in the path make groups.
     *
     * @param shape        sizes of the axes, empty for a scalar; at most 32
     * @param littleEndian exactly its elements, C order
     */
    public void dataset(String name, Hdf5Element.Kind kind, int[] shape,
            MemorySegment littleEndian) throws IOException {
        long numel = Arrays.stream(shape).asLongStream().reduce(1, Math::multiplyExact);
        if (littleEndian.byteSize() != numel * kind.bytes() || shape.length > 32) {
            throw new Hdf5Exception("data set '" + name + "' of shape " + Arrays.toString(shape) + " comes with "
                    + littleEndian.byteSize() + " bytes; expected " + numel * kind.bytes()
                    + " and at most 32 axes: pass its elements.");
        }
        Group group = place(name);
        long data = align();
        for (long at = 0; at < littleEndian.byteSize(); at += CHUNK) {
            append(littleEndian.asSlice(at, Math.min(CHUNK, littleEndian.byteSize() - at)).asByteBuffer());
        }
        long header = append(Hdf5Messages.objectHeader(List.of(Hdf5Messages.dataspace(shape),
                Hdf5Messages.datatype(kind),
                Hdf5Messages.fillValue(), Hdf5Messages.layout(data, littleEndian.byteSize()))));
        group.children.put(name.substring(name.lastIndexOf('/') + 1), header);
    }

    /** The group for a path, made as needed, in which the last part is still free. */
    private Group place(String name) {
        String[] parts = name.split("/", -1);
        Group group = root;
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (part.isEmpty() || part.equals(".") || part.indexOf('\0') >= 0 || Hdf5Messages.utf8(part).length > 60_000
                    || !isUnicode(part)) {
                throw new Hdf5Exception("'" + name.replace('\0', '?')
                        + "' cannot name a data set; expected parts between slashes that"
                        + " are neither empty nor a single dot: rename it.");
            }
            Object there = group.children.get(part);
            boolean last = i == parts.length - 1;
            if (last && there != null || !last && there instanceof Long) {
                throw new Hdf5Exception("'" + name + "' cannot name a data set, '" + part
                        + "' is taken; expected names of which none is another's folder: rename it.");
            }
            if (!last) {
                group = (Group) group.children.computeIfAbsent(part, key -> new Group());
            }
        }
        return group;
    }

    private static boolean isUnicode(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** Writes groups and attributes, then the superblock that makes the file one. */
    public void finish() throws IOException {
        long rootHeader = append(Hdf5Messages.objectHeader(group(root, attributes)));
        write(ByteBuffer.wrap(Hdf5Messages.superblock(end, rootHeader)), 0);
    }

    private List<Message> group(Group group, Map<String, String> own) throws IOException {
        List<Message> messages = new ArrayList<>();
        messages.add(Hdf5Messages.linkInfo(group.children.size()));
        messages.add(Hdf5Messages.groupInfo());
        long order = 0;
        for (Map.Entry<String, Object> child : group.children.entrySet()) {
            long header = child.getValue() instanceof Group inner
                    ? append(Hdf5Messages.objectHeader(group(inner, Map.of()))) : (Long) child.getValue();
            messages.add(Hdf5Messages.link(child.getKey(), order++, header));
        }
        if (!own.isEmpty()) {
            messages.add(Hdf5Messages.attributeInfo());
            own.forEach((name, value) -> messages.add(Hdf5Messages.attribute(name, value)));
        }
        return messages;
    }

    private long align() {
        end = (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return end;
    }

    private long append(byte[] structure) throws IOException {
        long at = (end + 7) / 8 * 8;
        end = at;
        append(ByteBuffer.wrap(structure));
        return at;
    }

    private void append(ByteBuffer bytes) throws IOException {
        int length = bytes.remaining();
        write(bytes, end);
        end += length;
    }

    private void write(ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public String toString() {
        return "HDF5 writer of " + path;
    }
}
