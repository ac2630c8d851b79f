package dev.fathom.tests.watch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A protocol buffers message, read from the encoding's public description (protobuf.dev/programming-guides/encoding):
 * a list of fields, each with its number, its wire type and its bytes.
 */
public record Wire(List<Field> fields) {
    /**
     * One field.
     *
     * @param type 0 varint, 1 64 bits, 2 bytes with their length, 5 32 bits
     * @param number of a varint
     * @param bytes of the others
     */
    public record Field(int tag, int type, long number, byte[] bytes) {
        private ByteBuffer buffer() {
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    public static Wire parse(byte[] message) {
        List<Field> fields = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            long key = varint(in);
            int type = (int) (key & 7);
            int tag = (int) (key >>> 3);
            if (tag == 0) {
                throw new IllegalArgumentException("field number 0");
            }
            switch (type) {
                case 0 -> fields.add(new Field(tag, type, varint(in), null));
                case 1 -> fields.add(new Field(tag, type, 0, take(in, 8)));
                case 2 -> fields.add(new Field(tag, type, 0, take(in, Math.toIntExact(varint(in)))));
                case 5 -> fields.add(new Field(tag, type, 0, take(in, 4)));
                default -> throw new IllegalArgumentException("wire type " + type);
            }
        }
        return new Wire(fields);
    }

    private static byte[] take(ByteBuffer in, int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("a varint of more than ten bytes");
    }

    public boolean has(int tag) {
        return fields.stream().anyMatch(f -> f.tag == tag);
    }

    /** Every field of this number. */
    public List<Field> all(int tag) {
        return fields.stream().filter(f -> f.tag == tag).toList();
    }

    private Field one(int tag, int type) {
        List<Field> found = all(tag);
        if (found.size() != 1 || found.getFirst().type != type) {
            throw new IllegalArgumentException("field " + tag + " of type " + type + ": " + found);
        }
        return found.getFirst();
    }

    public long integer(int tag) {
        return one(tag, 0).number;
    }

    public float real(int tag) {
        return one(tag, 5).buffer().getFloat();
    }

    public double real64(int tag) {
        return one(tag, 1).buffer().getDouble();
    }

    public byte[] bytes(int tag) {
        return one(tag, 2).bytes;
    }

    public String text(int tag) {
        return new String(bytes(tag), StandardCharsets.UTF_8);
    }

    public Wire message(int tag) {
        return parse(bytes(tag));
    }

    /** A repeated double field, packed. */
    public double[] packed(int tag) {
        ByteBuffer in = one(tag, 2).buffer();
        if (in.remaining() % 8 != 0) {
            throw new IllegalArgumentException("field " + tag + " of " + in.remaining() + " bytes is no list of doubles");
        }
        double[] values = new double[in.remaining() / 8];
        in.asDoubleBuffer().get(values);
        return values;
    }
}
