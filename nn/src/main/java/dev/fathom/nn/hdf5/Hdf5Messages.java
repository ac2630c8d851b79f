package dev.fathom.nn.hdf5;

import io.jhdf.checksum.ChecksumUtils;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The few structures of the HDF5 file format that {@link Hdf5Writer} needs, as bytes. Section numbers are those of
 * the HDF5 File Format Specification, version 3.0. All of them exist since HDF5 1.8 (2008).
 */
final class Hdf5Messages {
    static final int SUPERBLOCK_BYTES = 48;
    /** A message's length has 16 bits. */
    static final int MAX_MESSAGE = 65535;

    private static final long UNDEFINED = -1L;
    private static final byte[] SIGNATURE = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

    /** A header message: its type and content. */
    record Message(int type, byte[] content) {
    }

    private Hdf5Messages() {
    }

    /** II.A, version 2: 8-byte addresses and lengths, no base address, no extension. */
    static byte[] superblock(long endOfFile, long rootHeader) {
        ByteBuffer out = buffer(SUPERBLOCK_BYTES).put(SIGNATURE).put((byte) 2).put((byte) 8).put((byte) 8)
                .put((byte) 0);
        return sealed(out.putLong(0).putLong(UNDEFINED).putLong(endOfFile).putLong(rootHeader));
    }

    /** IV.A.1.b, version 2: one chunk whose size has 4 bytes, no time stamps. */
    static byte[] objectHeader(List<Message> messages) {
        int size = messages.stream().mapToInt(m -> 4 + m.content().length).sum();
        ByteBuffer out = buffer(4 + 1 + 1 + 4 + size + 4).put(ascii("OHDR")).put((byte) 2).put((byte) 2).putInt(size);
        for (Message m : messages) {
            out.put((byte) m.type()).putShort((short) m.content().length).put((byte) 0).put(m.content());
        }
        return sealed(out);
    }

    /** IV.A.2.b, version 2: a scalar or a simple extent that cannot grow. */
    static Message dataspace(int[] shape) {
        return new Message(0x01, spaceBytes(shape));
    }

    private static byte[] spaceBytes(int[] shape) {
        ByteBuffer out = buffer(4 + 8 * shape.length).put((byte) 2).put((byte) shape.length).put((byte) 0);
        out.put((byte) (shape.length == 0 ? 0 : 1));
        for (int size : shape) {
            out.putLong(size);
        }
        return out.array();
    }

    /** IV.A.2.d. */
    static Message datatype(Hdf5Element.Kind kind) {
        return new Message(0x03, switch (kind) {
            case F64 -> floatType(8, 11, 52, 1023);
            case F32 -> floatType(4, 8, 23, 127);
            case F16 -> floatType(2, 5, 10, 15);
            case BF16 -> floatType(2, 8, 7, 127);
            case I8, I16, I32, I64 -> integerType(kind.bytes(), true);
            case U8, U16, U32, U64 -> integerType(kind.bytes(), false);
            case BOOL -> booleanType();
        });
    }

    /** Class 1: sign in the top bit, exponent below it, an implied leading one, fraction in the lowest bits. */
    private static byte[] floatType(int bytes, int exponentBits, int fractionBits, int bias) {
        int bits = 8 * bytes;
        return buffer(20).put((byte) 0x11).put((byte) 0x20).put((byte) (bits - 1)).put((byte) 0).putInt(bytes)
                .putShort((short) 0).putShort((short) bits).put((byte) fractionBits).put((byte) exponentBits)
                .put((byte) 0).put((byte) fractionBits).putInt(bias).array();
    }

    /** Class 0, all bits used. */
    private static byte[] integerType(int bytes, boolean signed) {
        return buffer(12).put((byte) 0x10).put((byte) (signed ? 8 : 0)).putShort((short) 0).putInt(bytes)
                .putShort((short) 0).putShort((short) (8 * bytes)).array();
    }

    /**
     * Class 8 over int8: the enumeration that h5py writes for and reads as bool. Names are padded to multiples of 8.
     */
    private static byte[] booleanType() {
        return buffer(8 + 12 + 8 + 8 + 2).put((byte) 0x18).putShort((short) 2).put((byte) 0).putInt(1)
                .put(integerType(1, true)).put(ascii("FALSE\0\0\0")).put(ascii("TRUE\0\0\0\0")).put((byte) 0)
                .put((byte) 1).array();
    }

    /** IV.A.2.f, version 3: space taken late, the default fill value (zero). */
    static Message fillValue() {
        return new Message(0x05, new byte[] {3, 0x0a});
    }

    /** IV.A.2.i, version 3, class 1: contiguous. An array without elements has no address. */
    static Message layout(long address, long bytes) {
        return new Message(0x08, buffer(18).put((byte) 3).put((byte) 1).putLong(bytes == 0 ? UNDEFINED : address)
                .putLong(bytes).array());
    }

    /** IV.A.2.c: links in the header itself, their creation order tracked. */
    static Message linkInfo(long links) {
        return new Message(0x02, buffer(26).put((byte) 0).put((byte) 1).putLong(links).putLong(UNDEFINED)
                .putLong(UNDEFINED).array());
    }

    /** IV.A.2.k: nothing beyond the defaults. */
    static Message groupInfo() {
        return new Message(0x0a, new byte[] {0, 0});
    }

    /** IV.A.2.g: a hard link with creation order and a UTF-8 name whose length has 2 bytes. */
    static Message link(String name, long order, long header) {
        byte[] text = utf8(name);
        return new Message(0x06, buffer(2 + 8 + 1 + 2 + text.length + 8).put((byte) 1).put((byte) (1 | 4 | 16))
                .putLong(order)
                .put((byte) 1).putShort((short) text.length).put(text).putLong(header).array());
    }

    /** IV.A.2.v: attributes in the header itself; the library looks for this message before it looks for them. */
    static Message attributeInfo() {
        return new Message(0x15, buffer(18).put((byte) 0).put((byte) 0).putLong(UNDEFINED).putLong(UNDEFINED).array());
    }

    /** IV.A.2.m, version 3: a scalar UTF-8 string of fixed length, ended by a zero byte. */
    static Message attribute(String name, String value) {
        byte[] nameText = utf8(name);
        byte[] valueText = utf8(value);
        byte[] space = spaceBytes(new int[0]);
        byte[] type = buffer(8).put((byte) 0x13).put((byte) 0x10).putShort((short) 0).putInt(valueText.length + 1)
                .array();
        return new Message(0x0c, buffer(9 + nameText.length + 1 + type.length + space.length + valueText.length + 1)
                .put((byte) 3).put((byte) 0).putShort((short) (nameText.length + 1)).putShort((short) type.length)
                .putShort((short) space.length).put((byte) 1).put(nameText).put((byte) 0).put(type).put(space)
                .put(valueText).put((byte) 0).array());
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Ends a structure with the checksum of all before (Jenkins's lookup3, V.B). */
    private static byte[] sealed(ByteBuffer out) {
        byte[] content = new byte[out.position()];
        out.get(0, content);
        return out.putInt(ChecksumUtils.checksum(content)).array();
    }
}
