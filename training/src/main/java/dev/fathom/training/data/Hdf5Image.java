package dev.fathom.training.data;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.Deflater;

/**
 * The bytes of a small HDF5 file: a root group with a few data sets, chunked by plane, shuffled and deflated.
 *
 * <p>Why our own: jhdf writes whole contiguous arrays of signed integers only, and NYU's {@code rgb} is unsigned and
 * compresses well. The structures are the oldest ones of the file format (superblock 0, symbol table, object header 1,
 * B-tree 1), those that h5py writes by default, so that every reader since 1998 understands them. Section numbers in
 * the comments are those of the HDF5 File Format Specification, version 3.0.
 */
public final class Hdf5Image {

    /** What an array holds; both are little-endian. */
    public enum Element {
        UINT8(1), FLOAT32(4);

        final int bytes;

        Element(int bytes) {
            this.bytes = bytes;
        }
    }

    private record Array(Element element, int[] dims, byte[] data) {
    }

    private static final long UNDEFINED = -1L;
    private static final int SUPERBLOCK_BYTES = 96;
    private static final int GROUP_LEAF_K = 4;
    private static final int GROUP_NODE_K = 16;
    /** Chunk B-trees have 32 in superblock 0; a node is always stored at full size. */
    private static final int CHUNK_NODE_K = 32;
    private static final int DEFLATE_LEVEL = 6;

    /** Sorted, because symbol table entries must be. */
    private final Map<String, Array> arrays = new TreeMap<>();

    /**
     * Adds an array to the root group; it is stored in one chunk for each plane (the last two dimensions).
     *
     * @param dims two dimensions or more, slowest first; of planes (the last two) there are at most 64
     * @param data the elements, little-endian, row-major
     * @throws IllegalArgumentException for other dimensions, a ninth array, or data of another size
     */
    public void add(String name, Element element, int[] dims, byte[] data) {
        long planes = planes(dims);
        long bytes = Arrays.stream(dims).asLongStream().reduce(element.bytes, Math::multiplyExact);
        if (dims.length < 2 || planes > 2 * CHUNK_NODE_K || arrays.size() == 2 * GROUP_LEAF_K
                || bytes == 0 || bytes != data.length) {
            throw new IllegalArgumentException("outside this writer's few structures: " + name + " "
                    + Arrays.toString(dims) + " of " + element + " in " + data.length + " bytes");
        }
        arrays.put(name, new Array(element, dims.clone(), data));
    }

    /** The whole file. */
    public byte[] toBytes() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        TreeMap<String, Long> headers = new TreeMap<>();
        // Everything that has no address of a later structure in it goes first, so each address is known when needed.
        arrays.forEach((name, array) -> headers.put(name, writeArray(body, array)));

        int names = headers.keySet().stream().mapToInt(n -> padded(n.length() + 1)).sum() + 8;
        ByteBuffer heapData = little(names);
        ByteBuffer symbols = little(8 + 2 * GROUP_LEAF_K * 40);     // III.B. group symbol table node
        symbols.put(ascii("SNOD")).put((byte) 1).put((byte) 0).putShort((short) headers.size());
        int nameOffset = 8;                                         // offset 0 is the empty name
        for (Map.Entry<String, Long> entry : headers.entrySet()) {
            heapData.put(nameOffset, ascii(entry.getKey()));
            symbols.putLong(nameOffset).putLong(entry.getValue()).putInt(0).putInt(0).putLong(0).putLong(0);
            nameOffset += padded(entry.getKey().length() + 1);
        }
        int lastName = nameOffset - padded(headers.lastKey().length() + 1);
        long heapDataAt = append(body, heapData);
        ByteBuffer heap = little(32);                               // III.D. local heap; free list 1: none
        heap.put(ascii("HEAP")).putInt(0).putLong(names).putLong(1).putLong(heapDataAt);
        long heapAt = append(body, heap);
        long symbolsAt = append(body, symbols);

        ByteBuffer tree = little(24 + 2 * GROUP_NODE_K * 8 + (2 * GROUP_NODE_K + 1) * 8);   // III.A.1
        tree.put(ascii("TREE")).put((byte) 0).put((byte) 0).putShort((short) 1).putLong(UNDEFINED).putLong(UNDEFINED);
        tree.putLong(0).putLong(symbolsAt).putLong(lastName);
        long treeAt = append(body, tree);

        ByteBuffer root = little(16 + 8 + 16);                      // IV.A.1.a. with one symbol table message
        root.put((byte) 1).put((byte) 0).putShort((short) 1).putInt(1).putInt(24).putInt(0);
        root.putShort((short) 0x11).putShort((short) 16).putInt(0).putLong(treeAt).putLong(heapAt);
        long rootAt = append(body, root);

        long end = SUPERBLOCK_BYTES + body.size();
        ByteBuffer file = little(Math.toIntExact(end));             // II.A. superblock 0
        file.put(new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'});
        file.put(new byte[] {0, 0, 0, 0, 0, 8, 8, 0}).putShort((short) GROUP_LEAF_K).putShort((short) GROUP_NODE_K);
        file.putInt(0).putLong(0).putLong(UNDEFINED).putLong(end).putLong(UNDEFINED);
        file.putLong(0).putLong(rootAt).putInt(1).putInt(0).putLong(treeAt).putLong(heapAt);
        file.put(body.toByteArray());
        return file.array();
    }

    private static long planes(int[] dims) {
        return Arrays.stream(dims).limit(Math.max(0, dims.length - 2)).asLongStream().reduce(1, Math::multiplyExact);
    }

    /** Chunks, their B-tree, the object header: returns the address of the last. */
    private static long writeArray(ByteArrayOutputStream body, Array array) {
        int rank = array.dims.length;
        int planes = (int) planes(array.dims);
        int planeBytes = array.data.length / planes;
        // III.A.1. node type 1: a key is (stored size, filters left out, first element of the chunk, 0).
        ByteBuffer tree = little(24 + 2 * CHUNK_NODE_K * 8 + (2 * CHUNK_NODE_K + 1) * (8 + 8 * (rank + 1)));
        tree.put(ascii("TREE")).put((byte) 1).put((byte) 0).putShort((short) planes);
        tree.putLong(UNDEFINED).putLong(UNDEFINED);
        for (int p = 0; p < planes; p++) {
            byte[] chunk = deflate(shuffle(array.data, p * planeBytes, planeBytes, array.element.bytes));
            long chunkAt = append(body, ByteBuffer.wrap(chunk));
            tree.putInt(chunk.length).putInt(0);
            long[] at = new long[rank + 1];
            for (int d = rank - 3, rest = p; d >= 0; rest /= array.dims[d--]) {
                at[d] = rest % array.dims[d];
            }
            for (long offset : at) {
                tree.putLong(offset);
            }
            tree.putLong(chunkAt);
        }
        tree.putInt(0).putInt(0);                                   // the key after the last: past the end
        for (int dim : array.dims) {
            tree.putLong(dim);
        }
        tree.putLong(array.element.bytes);
        long treeAt = append(body, tree);
        return append(body, objectHeader(array, treeAt));
    }

    private static ByteBuffer objectHeader(Array array, long treeAt) {
        int rank = array.dims.length;
        ByteBuffer space = little(8 + 16 * rank);                   // IV.A.2.b. dimensions, then the same as maxima
        space.put((byte) 1).put((byte) rank).put((byte) 1);
        space.position(8);
        for (int repeat = 0; repeat < 2; repeat++) {
            for (int dim : array.dims) {
                space.putLong(dim);
            }
        }
        ByteBuffer type = switch (array.element) {                  // IV.A.2.d.
            case UINT8 -> little(16).put((byte) 0x10).put(new byte[3]).putInt(1).putShort((short) 0)
                    .putShort((short) 8);
            // Sign at bit 31, implied leading one; exponent 8 bits at 23 with bias 127; mantissa 23 bits at 0.
            case FLOAT32 -> little(24).put((byte) 0x11).put(new byte[] {0x20, 31, 0}).putInt(4).putShort((short) 0)
                    .putShort((short) 32).put(new byte[] {23, 8, 0, 23}).putInt(127);
        };
        ByteBuffer fill = little(8).put(new byte[] {2, 3, 0, 1});   // IV.A.2.f. zeros, space taken as chunks come
        ByteBuffer filters = little(56);                            // IV.A.2.l. version 1: shuffle, then deflate
        filters.put((byte) 1).put((byte) 2);
        filters.position(8);
        putFilter(filters, 2, "shuffle", array.element.bytes);
        putFilter(filters, 1, "deflate", DEFLATE_LEVEL);
        ByteBuffer layout = little(padded(11 + 4 * (rank + 1)));    // IV.A.2.i. version 3, class 2: chunked
        layout.put((byte) 3).put((byte) 2).put((byte) (rank + 1)).putLong(treeAt);
        for (int d = 0; d < rank; d++) {
            layout.putInt(d < rank - 2 ? 1 : array.dims[d]);
        }
        layout.putInt(array.element.bytes);

        int[] kinds = {0x01, 0x03, 0x05, 0x0B, 0x08};
        ByteBuffer[] messages = {space, type, fill, filters, layout};
        int size = Arrays.stream(messages).mapToInt(m -> 8 + m.capacity()).sum();
        ByteBuffer header = little(16 + size);                      // IV.A.1.a. version 1
        header.put((byte) 1).put((byte) 0).putShort((short) messages.length).putInt(1).putInt(size).putInt(0);
        for (int i = 0; i < messages.length; i++) {
            boolean constant = kinds[i] == 0x03 || kinds[i] == 0x05 || kinds[i] == 0x0B;
            header.putShort((short) kinds[i]).putShort((short) messages[i].capacity()).putInt(constant ? 1 : 0);
            header.put(messages[i].array());
        }
        return header;
    }

    private static void putFilter(ByteBuffer out, int id, String name, int parameter) {
        out.putShort((short) id).putShort((short) 8).putShort((short) 1).putShort((short) 1);
        out.put(ascii(name)).put((byte) 0).putInt(parameter).putInt(0);
    }

    /** The shuffle filter: all first bytes of the elements, then all second bytes, and so on. */
    private static byte[] shuffle(byte[] data, int from, int length, int elementBytes) {
        byte[] out = new byte[length];
        int count = length / elementBytes;
        for (int b = 0; b < elementBytes; b++) {
            for (int i = 0; i < count; i++) {
                out[b * count + i] = data[from + i * elementBytes + b];
            }
        }
        return out;
    }

    private static byte[] deflate(byte[] plain) {
        try (Deflater deflater = new Deflater(DEFLATE_LEVEL)) {
            deflater.setInput(plain);
            deflater.finish();
            ByteArrayOutputStream out = new ByteArrayOutputStream(plain.length / 2 + 64);
            byte[] buffer = new byte[1 << 16];
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
            return out.toByteArray();
        }
    }

    /** Appends at the next multiple of 8 and returns the address in the file. */
    private static long append(ByteArrayOutputStream body, ByteBuffer piece) {
        while (body.size() % 8 != 0) {
            body.write(0);
        }
        long at = SUPERBLOCK_BYTES + (long) body.size();
        body.writeBytes(piece.array());
        return at;
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static int padded(int size) {
        return (size + 7) / 8 * 8;
    }
}
