package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.nn.checkpoint.Conversion;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A .pth of ours beside one that PyTorch wrote of the same tensors: the zip by the JDK's reader, the pickle opcode by
 * opcode. PyTorch remembers values that come again and recalls them; ours repeats them, so recalls are resolved first.
 */
class TorchWriterTest {
    private static final Golden GOLDEN = new Golden("g_ckpt");

    @TempDir
    Path folder;

    @Test
    void thePickleIsPyTorchsOwn() throws IOException {
        Path ours = folder.resolve("ours.pth");
        Conversion.convert(GOLDEN.path("tiny_zip.pth"), ours, Optional.empty());
        List<String> expected = tokens(entry(GOLDEN.path("tiny_zip.pth"), "data.pkl"));
        List<String> actual = tokens(entry(ours, "data.pkl"));
        // PyTorch adds the versions of the modules, an attribute of the dict that loading does not need.
        assertEquals("u", actual.get(actual.size() - 2));
        int end = actual.size() - 1;
        assertEquals(expected.subList(0, end), actual.subList(0, end));
        assertEquals(".", actual.getLast());
    }

    @Test
    void theZipIsStoredAlignedAndRepeatable() throws IOException {
        Path ours = folder.resolve("a.pth");
        Conversion.convert(GOLDEN.path("types_zip.pth"), ours, Optional.empty());
        byte[] file = Files.readAllBytes(ours);
        try (ZipFile zip = new ZipFile(ours.toFile())) {
            List<String> names = Collections.list(zip.entries()).stream().map(ZipEntry::getName).toList();
            assertEquals("archive/data.pkl", names.getFirst());
            assertEquals("archive/version", names.getLast());
            assertEquals("3\n", new String(entry(ours, "version"), StandardCharsets.US_ASCII));
            assertEquals("little", new String(entry(ours, "byteorder"), StandardCharsets.US_ASCII));
            for (ZipEntry e : Collections.list(zip.entries())) {
                assertEquals(ZipEntry.STORED, e.getMethod(), e.getName());
                byte[] content = zip.getInputStream(e).readAllBytes();
                assertEquals(0, dataStart(file, e.getName()) % 64, e.getName());
                assertEquals(ByteBuffer.wrap(content),
                        ByteBuffer.wrap(file, (int) dataStart(file, e.getName()), content.length));
            }
        }
        Path again = folder.resolve("b.pth");
        Conversion.convert(GOLDEN.path("types_zip.pth"), again, Optional.empty());
        assertArrayEquals(file, Files.readAllBytes(again), "the same weights, another file");
    }

    @Test
    void metadataIsBesideTheStateDict() {
        Path path = folder.resolve("m.pth");
        try (CheckpointFile tiny = CheckpointFile.open(GOLDEN.path("tiny_zip.pth"))) {
            CheckpointWriter.write(path, tiny.stateDict().values(), Map.of("fathom.head", "metric 20"));
            try (CheckpointFile back = CheckpointFile.open(path)) {
                assertEquals("metric 20", back.metadata().get("fathom.head"));
                assertEquals(tiny.stateDict().keySet(), back.stateDict().keySet());
            }
        }
    }

    @Test
    void aFlippedBitIsNoticed() throws IOException {
        Path path = folder.resolve("m.pth");
        Conversion.convert(GOLDEN.path("tiny_zip.pth"), path, Optional.empty());
        byte[] file = Files.readAllBytes(path);
        file[(int) dataStart(file, "archive/data/1") + 5] ^= 4;
        Files.write(path, file);
        try (CheckpointFile back = CheckpointFile.open(path)) {
            String message = assertThrows(CheckpointException.class, () -> back.tensors().get("pretrained.pos_embed").data()).getMessage();
            assertTrue(message.contains("entry 'archive/data/1', has checksum"), message);
        }
    }

    private static byte[] entry(Path path, String name) throws IOException {
        try (ZipFile zip = new ZipFile(path.toFile())) {
            for (ZipEntry e : Collections.list(zip.entries())) {
                if (e.getName().endsWith("/" + name)) {
                    return zip.getInputStream(e).readAllBytes();
                }
            }
        }
        throw new IOException(path + " has no " + name);
    }

    /** Where the content of an entry begins, from its local header. */
    private static long dataStart(byte[] file, String name) {
        byte[] wanted = name.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + 30 < file.length; at++) {
            if (bytes.getInt(at) == 0x04034b50 && bytes.getShort(at + 26) == wanted.length
                    && new String(file, at + 30, wanted.length, StandardCharsets.US_ASCII).equals(name)) {
                assertFalse((bytes.getShort(at + 6) & 8) != 0, "sizes must be in the local header");
                return at + 30 + wanted.length + bytes.getShort(at + 28);
            }
        }
        throw new IllegalStateException("no local header of " + name);
    }

    /** The opcodes with their arguments; stores dropped, recalls replaced by what was stored. */
    private static List<String> tokens(byte[] pickle) {
        ByteBuffer in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
        Map<Integer, String> memo = new HashMap<>();
        List<String> tokens = new ArrayList<>();
        while (in.hasRemaining()) {
            int op = in.get() & 0xff;
            switch (op) {
                case 0x80 -> tokens.add("protocol " + in.get());
                case 'c' -> tokens.add("c " + line(in) + " " + line(in));
                case 'X' -> {
                    byte[] text = new byte[in.getInt()];
                    in.get(text);
                    tokens.add("X " + new String(text, StandardCharsets.UTF_8));
                }
                case 'K' -> tokens.add("int " + (in.get() & 0xff));
                case 'M' -> tokens.add("int " + (in.getShort() & 0xffff));
                case 'J' -> tokens.add("int " + in.getInt());
                case 'q' -> memo.put(in.get() & 0xff, tokens.getLast());
                case 'r' -> memo.put(in.getInt(), tokens.getLast());
                case 'h' -> tokens.add(memo.get(in.get() & 0xff));
                case 'j' -> tokens.add(memo.get(in.getInt()));
                default -> tokens.add(Character.toString(op));
            }
        }
        return tokens;
    }

    private static String line(ByteBuffer in) {
        StringBuilder text = new StringBuilder();
        for (char c = (char) in.get(); c != '\n'; c = (char) in.get()) {
            text.append(c);
        }
        return text.toString();
    }
}
