package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointInfo;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A safetensors file that Fathom wrote knows every one of its bits. */
class ChecksumTest {
    private static final byte[] KEY = "\"fathom.crc32c\":\"".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path folder;
    private Path path;
    private byte[] whole;

    @BeforeEach
    void write() throws IOException {
        path = folder.resolve("x.safetensors");
        CheckpointWriter.write(path, List.of(tensor("odd", DType.U8, 3), tensor("wide", DType.F64, 2),
                tensor("half", DType.F16, 5), tensor("none", DType.F32, 0)),
                Map.of("said", "\"fathom.crc32c\":\"00000000\""));
        whole = Files.readAllBytes(path);
    }

    private static CheckpointTensor tensor(String name, DType dtype, int elements) {
        byte[] bytes = new byte[elements * dtype.bytes()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (name.hashCode() + 37 * i);
        }
        return CheckpointTensor.of(name, dtype, Shape.of(elements), MemorySegment.ofArray(bytes));
    }

    private boolean verify(byte[] content) throws IOException {
        Files.write(path, content);
        try (CheckpointFile file = CheckpointFile.open(path)) {
            return file.verify();
        }
    }

    private static int indexOf(byte[] text, byte[] part) {
        for (int at = 0; at + part.length <= text.length; at++) {
            if (Arrays.equals(text, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        throw new AssertionError("not there");
    }

    @Test
    void whatWasWrittenIsVerified() throws IOException {
        assertTrue(verify(whole));
        assertTrue(CheckpointInfo.of(path).verified());
        try (CheckpointFile file = CheckpointFile.open(path)) {
            assertEquals(List.of("said"), List.copyOf(file.metadata().keySet()),
                    "the checksums belong to the file, not to the model, and no conversion copies them");
        }
    }

    /** The format as SafetensorsChecksum describes it, computed a second time. */
    @Test
    void theChecksumsAreThoseOfTheDescription() {
        int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        int at = indexOf(whole, KEY) + KEY.length;
        String value = new String(whole, at, 5 * 9 - 1, StandardCharsets.US_ASCII);
        byte[] blank = Arrays.copyOf(whole, 8 + header);
        Arrays.fill(blank, at, at + 8, (byte) '0');
        // Data lies widest elements first; the words are in the header's order.
        int data = 8 + header;
        assertEquals(String.join(" ", crc(blank, 0, data), crc(whole, data + 26, data + 29),
                crc(whole, data, data + 16), crc(whole, data + 16, data + 26), "00000000"), value);
        assertEquals("e3069283", crc("123456789".getBytes(StandardCharsets.US_ASCII), 0, 9), "RFC 3720's check value");
    }

    private static String crc(byte[] bytes, int from, int to) {
        CRC32C sum = new CRC32C();
        sum.update(bytes, from, to - from);
        return "%08x".formatted(sum.getValue());
    }

    /** Each bit of the file changed alone: refused in one sentence that names the file. */
    @Test
    void everyBitIsUnderAChecksum() throws IOException {
        int key = indexOf(whole, KEY);
        for (int bit = 0; bit < 8 * whole.length; bit++) {
            byte[] altered = whole.clone();
            altered[bit / 8] ^= (byte) (1 << bit % 8);
            if (bit / 8 > key && bit / 8 < key + KEY.length - 3) {
                // In the name of the entry: the file then carries no checksum, which is for its reader to refuse.
                try {
                    assertFalse(verify(altered), "bit " + bit);
                } catch (CheckpointException e) {
                    assertRefusal(e);
                }
            } else {
                assertRefusal(assertThrows(CheckpointException.class, () -> verify(altered), "bit " + bit));
            }
        }
    }

    private void assertRefusal(CheckpointException e) {
        assertTrue(e.getMessage().startsWith(path + " ") || e.getMessage().startsWith(path + ", "), e.getMessage());
        assertTrue(e.getMessage().endsWith("."), e.getMessage());
    }

    @Test
    void everyLengthIsRefused() throws IOException {
        for (int length = 0; length < whole.length; length++) {
            byte[] torn = Arrays.copyOf(whole, length);
            assertRefusal(assertThrows(CheckpointException.class, () -> verify(torn), "cut to " + torn.length));
            byte[] zeros = Arrays.copyOf(torn, whole.length);
            if (!Arrays.equals(zeros, whole)) {
                assertRefusal(assertThrows(CheckpointException.class, () -> verify(zeros), "zeros from " + length));
            }
        }
        byte[] longer = Arrays.copyOf(whole, whole.length + 1);
        assertRefusal(assertThrows(CheckpointException.class, () -> verify(longer)));
    }

    @Test
    void theDamageIsNamed() {
        byte[] altered = whole.clone();
        altered[whole.length - 5] ^= 1;
        String tensor = assertThrows(CheckpointException.class, () -> verify(altered)).getMessage();
        assertTrue(tensor.matches(".*x\\.safetensors, tensor 'half', has checksum [0-9a-f]{8} where the file says"
                + " [0-9a-f]{8}; expected the same: the file was altered or damaged after it was written, get it"
                + " again\\."), tensor);
        byte[] renamed = whole.clone();
        renamed[indexOf(whole, "odd".getBytes(StandardCharsets.US_ASCII))] = 'a';
        String header = assertThrows(CheckpointException.class, () -> verify(renamed)).getMessage();
        assertTrue(header.contains("x.safetensors, its header, has checksum "), header);
        byte[] fewer = whole.clone();
        fewer[indexOf(whole, KEY) + KEY.length + 8] = '0';
        String form = assertThrows(CheckpointException.class, () -> verify(fewer)).getMessage();
        assertTrue(form.contains("x.safetensors has checksums (fathom.crc32c) in another form than Fathom writes"), form);
    }

    /** Other containers: a zip has checksums of its own; the others have none, and that is not a fault. */
    @Test
    void otherFormats() throws IOException {
        Golden golden = new Golden("g_ckpt");
        Path zip = Files.write(folder.resolve("a.pth"), golden.bytes("tiny_zip.pth"));
        Path legacy = Files.write(folder.resolve("b.pth"), golden.bytes("tiny_legacy.pth"));
        Path h5 = folder.resolve("c.h5");
        CheckpointWriter.write(h5, List.of(tensor("a", DType.F32, 2)), Map.of());
        assertEquals(List.of(true, false, false), List.of(CheckpointInfo.of(zip).verified(),
                CheckpointInfo.of(legacy).verified(), CheckpointInfo.of(h5).verified()));
        byte[] bytes = Files.readAllBytes(zip);
        for (int at = bytes.length / 2; at < bytes.length / 2 + 200; at++) {
            bytes[at] ^= 1;
        }
        Files.write(zip, bytes);
        String refusal = assertThrows(CheckpointException.class, () -> CheckpointInfo.of(zip)).getMessage();
        assertTrue(refusal.contains("a.pth") && refusal.contains("has checksum"), refusal);
    }
}
