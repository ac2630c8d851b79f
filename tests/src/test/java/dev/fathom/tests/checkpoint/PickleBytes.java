package dev.fathom.tests.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes pickle opcodes one by one, also those that no honest file has, and wraps them as torch's zip. */
final class PickleBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PickleBytes() {
        op(0x80).op(2);
    }

    PickleBytes op(int... opcodes) {
        for (int opcode : opcodes) {
            out.write(opcode);
        }
        return this;
    }

    PickleBytes text(String s) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        op('X').int32(utf8.length);
        out.writeBytes(utf8);
        return this;
    }

    PickleBytes global(String module, String name) {
        out.writeBytes(("c" + module + "\n" + name + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /** LONG1 with 8 bytes. */
    PickleBytes integer(long value) {
        op(0x8a, 8);
        out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
        return this;
    }

    PickleBytes int32(int value) {
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
        return this;
    }

    /** ("storage", class, key, "cpu", numel) as a persistent id. */
    PickleBytes storage(String type, String key, long numel) {
        return op('(').text("storage").global("torch", type).text(key).text("cpu").integer(numel).op('t', 'Q');
    }

    /** A tensor over float storage "0"; the value is left on the stack. */
    PickleBytes tensor(long numel, long offset, long[] size, long[] stride) {
        return global("torch._utils", "_rebuild_tensor_v2").op('(').storage("FloatStorage", "0", numel).integer(offset)
                .longs(size).longs(stride).op(0x89).global("collections", "OrderedDict").op(')', 'R').op('t', 'R');
    }

    private PickleBytes longs(long[] values) {
        op('(');
        for (long v : values) {
            integer(v);
        }
        return op('t');
    }

    byte[] end() {
        return op('.').out.toByteArray();
    }

    /** A file as torch writes it, with one storage "0". */
    static Path zip(Path path, byte[] pickle, byte[] storage) {
        try (var zip = new ZipOutputStream(Files.newOutputStream(path))) {
            store(zip, "archive/data.pkl", pickle);
            store(zip, "archive/data/0", storage);
            store(zip, "archive/version", new byte[] {'3', '\n'});
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return path;
    }

    static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        var entry = new ZipEntry(name);
        var crc = new CRC32();
        crc.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
