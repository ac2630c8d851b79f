package dev.fathom.models.protobuf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One protocol buffers message in the making (protobuf.dev/programming-guides/encoding): fields in the order in which
 * they are added, each a key (field number and wire type) and a value.
 *
 * <p>A message inside another is preceded by its length. That is known without writing anything, because large values
 * are {@link Payload}s that know their size; so a model of gigabytes streams from its mapped weights to the disk.
 */
public final class ProtobufMessage {
    /** Bytes that are not in memory yet. */
    public interface Payload {
        long size();

        void writeTo(WritableByteChannel channel) throws IOException;
    }

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int LENGTH_DELIMITED = 2;
    private static final int FIXED32 = 5;

    /** What is written, in order; neighbouring small fields share one. */
    private final List<Payload> parts = new ArrayList<>();
    private SmallFields open;

    /** Small fields, encoded already. */
    private static final class SmallFields implements Payload {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public long size() {
            return bytes.size();
        }

        @Override
        public void writeTo(WritableByteChannel channel) throws IOException {
            writeFully(channel, ByteBuffer.wrap(bytes.toByteArray()));
        }
    }

    /** int32, int64, bool and enum fields. */
    public ProtobufMessage integer(int field, long value) {
        key(field, VARINT);
        varint(value);
        return this;
    }

    /** A float field. */
    public ProtobufMessage real(int field, float value) {
        key(field, FIXED32);
        open.bytes.writeBytes(ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, value)
                .array());
        return this;
    }

    /** A double field. */
    public ProtobufMessage real64(int field, double value) {
        key(field, FIXED64);
        open.bytes.writeBytes(doubles(value));
        return this;
    }

    /** A repeated double field, packed: its values without keys between them. */
    public ProtobufMessage reals64(int field, double... values) {
        return bytes(field, doubles(values));
    }

    /** A string field. */
    public ProtobufMessage text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A short bytes field. */
    public ProtobufMessage bytes(int field, byte[] value) {
        key(field, LENGTH_DELIMITED);
        varint(value.length);
        open.bytes.writeBytes(value);
        return this;
    }

    /** A message in a field. It must be complete: its length is taken now. */
    public ProtobufMessage message(int field, ProtobufMessage value) {
        key(field, LENGTH_DELIMITED);
        varint(value.size());
        parts.addAll(value.parts);
        open = null;
        return this;
    }

    /** A long bytes field, fetched when it is written. */
    public ProtobufMessage payload(int field, Payload value) {
        key(field, LENGTH_DELIMITED);
        varint(value.size());
        parts.add(value);
        open = null;
        return this;
    }

    /** Encoded length in bytes. */
    public long size() {
        return parts.stream().mapToLong(Payload::size).sum();
    }

    /** Writes all fields. */
    public void writeTo(WritableByteChannel channel) throws IOException {
        for (Payload part : parts) {
            part.writeTo(channel);
        }
    }

    /** All fields in memory: for messages without large payloads. */
    public byte[] toBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            writeTo(Channels.newChannel(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException("a payload could not be read into memory", e);
        }
        return bytes.toByteArray();
    }

    private void key(int field, int wireType) {
        if (open == null) {
            open = new SmallFields();
            parts.add(open);
        }
        varint((long) field << 3 | wireType);
    }

    /** Seven bits a byte, lowest first; the top bit says that more follow. Negative numbers take ten bytes. */
    private void varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            open.bytes.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        open.bytes.write((int) rest);
    }

    private static byte[] doubles(double... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(values);
        return bytes.array();
    }

    /** Writes what remains of {@code bytes}, however often that takes. */
    public static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
