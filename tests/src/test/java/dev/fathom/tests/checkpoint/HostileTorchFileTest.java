package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PyTorch files made to harm, or harmed: refused with a sentence, in time, without another exception. */
class HostileTorchFileTest {
    private static final byte[] TWELVE_FLOATS = new byte[48];

    @TempDir
    Path folder;

    private String refusal(byte[] pickle) {
        return refusal(PickleBytes.zip(folder.resolve("hostile.pth"), pickle, TWELVE_FLOATS));
    }

    private static String refusal(Path path) {
        String sentence = assertThrows(CheckpointException.class, () -> CheckpointFile.open(path).close()).getMessage();
        assertTrue(sentence.contains(path.getFileName().toString()) && sentence.contains("expected"), sentence);
        return sentence;
    }

    private void assertRefused(String reason, byte[] pickle) {
        String sentence = refusal(pickle);
        assertTrue(sentence.contains(reason), sentence);
    }

    @Test
    void theBuilderItselfIsSound() {
        Path path = PickleBytes.zip(folder.resolve("sound.pth"), new PickleBytes().op('}').text("w")
                .tensor(12, 2, new long[] {2, 3}, new long[] {4, 1}).op('s').end(), TWELVE_FLOATS);
        try (var file = CheckpointFile.open(path)) {
            assertArrayEquals(new int[] {2, 3}, file.tensors().get("w").shape().toArray());
        }
    }

    @Test
    void namesOutsideTheListAreRefused() {
        assertRefused("asks to run os.system", new PickleBytes().global("os", "system").text("x").op(0x85, 'R').end());
        assertRefused("asks to run builtins.getattr", new PickleBytes().text("builtins").text("getattr").op(0x93)
                .end());
        assertRefused("asks to run subprocess.Popen", new PickleBytes().global("subprocess", "Popen").end());
        assertRefused("Python object of argparse.Namespace", new PickleBytes().global("argparse", "Namespace").end());
        assertRefused("Python object of torch._utils._rebuild_tensor_v2.__globals__",
                new PickleBytes().global("torch._utils", "_rebuild_tensor_v2.__globals__").end());
    }

    @Test
    void opcodesOutsideTheListAreRefused() {
        for (int opcode : new int[] {'i', 'o', 'P', 0x81, 0x82, 0x92, 0x90, '2', '0', '1', 'I', 'L', 'F', 'V', 0x97,
                0x96}) {
            assertRefused("uses pickle opcode 0x%02x".formatted(opcode),
                    new PickleBytes().op(')', opcode, 0, 0, 0, 0).end());
        }
    }

    @Test
    void brokenProgramsAreRefused() {
        assertRefused("takes a value that is not there", new PickleBytes().end());
        assertRefused("takes a value that is not there", new PickleBytes().op(')', '(', 0x85).end());
        assertRefused("ends a sequence that was not begun", new PickleBytes().op('t').end());
        assertRefused("leaves values behind", new PickleBytes().op(')', ')').end());
        assertRefused("recalls value 7", new PickleBytes().op('h', 7).end());
        assertRefused("in the place of a LinkedHashMap", new PickleBytes().op(')').text("k").op(')', 's').end());
        assertRefused("in the place of a Global", new PickleBytes().op(')', ')', 'R').end());
        assertRefused("neither a string nor an integer", new PickleBytes().op('}', ')', ')', 's').end());
        assertRefused("a key without a value", new PickleBytes().op('}', '(', ')', 'u').end());
        assertRefused("is cut off", new PickleBytes().op('X').int32(-1).end());
        assertRefused("is cut off", new PickleBytes().op(0x8d).int32(-1).int32(-1).end());
        assertRefused("negative length", new PickleBytes().op(0x8b).int32(-1).end());
        assertRefused("is of pickle protocol 9", new PickleBytes().op(0x80, 9).end());
        assertRefused("in a form that PyTorch does not write", new PickleBytes().op(')', 'Q').end());
        assertRefused("makes a storage of its own", new PickleBytes().global("torch", "FloatStorage").op(')', 'R')
                .end());
        assertRefused("by itself", new PickleBytes().storage("FloatStorage", "0", 12).end());
        assertRefused("in a form that PyTorch does not write",
                new PickleBytes().global("torch._utils", "_rebuild_tensor_v2").op(')', 'R').end());
    }

    @Test
    void containersThatContainThemselvesAreRefused() {
        assertRefused("nests deeper", new PickleBytes().op(']', 'q', 0, 'h', 0, 'a').end());
        assertRefused("nests deeper", new PickleBytes().op('}', 'q', 0).text("a").op('h', 0, 's').end());
        var deep = new PickleBytes();
        for (int i = 0; i < 100_000; i++) {
            deep.op(')');
            deep.op(0x85);
        }
        assertRefused("leaves values behind", deep.end());
        var nested = new PickleBytes().op(')');
        for (int i = 0; i < 100_000; i++) {
            nested.op(0x85);
        }
        assertRefused("nests deeper", nested.end());
    }

    /** Ten lists, each ten times the one before: ten billion values in a hundred bytes. */
    @Test
    void aSmallFileCannotBecomeAHugeTree() {
        var laughs = new PickleBytes().op('N', 'q', 0);
        for (int level = 0; level < 10; level++) {
            laughs.op(']', '(');
            for (int i = 0; i < 10; i++) {
                laughs.op('h', level);
            }
            laughs.op('e', 'q', level + 1);
        }
        byte[] flat = new PickleBytes().op(']', 'q', 0).end();
        assertEquals(6, flat.length);
        assertRefused("values", onlyLast(laughs));
    }

    /** Leaves the list on top alone on the stack: wraps everything before it into one tuple. */
    private static byte[] onlyLast(PickleBytes laughs) {
        byte[] body = laughs.end();
        byte[] wrapped = new byte[body.length + 2];
        wrapped[0] = body[0];
        wrapped[1] = body[1];
        wrapped[2] = '(';
        System.arraycopy(body, 2, wrapped, 3, body.length - 3);
        wrapped[wrapped.length - 2] = 't';
        wrapped[wrapped.length - 1] = '.';
        return wrapped;
    }

    @Test
    void tensorsOutsideTheirStorageAreRefused() {
        long max = Long.MAX_VALUE;
        long[][][] bad = {
            {{12}, {0}, {13}, {1}}, {{12}, {1}, {12}, {1}}, {{12}, {0}, {2, 2}, {12, 1}}, {{12}, {0}, {2}, {-1}},
                    {{12}, {-1}, {1}, {1}},
            {{12}, {0}, {-2, -2}, {1, 1}}, {{12}, {0}, {3}, {max}}, {{12}, {max}, {2}, {1}},
            {{12}, {0}, {2, 2}, {max, max}},
            {{12}, {0}, {max}, {0}}, {{12}, {0}, {12}, {1, 1}}, {{12}, {13}, {0}, {1}},
            {{12}, {0}, {1L << 30, 1L << 30, 1L << 30}, {0, 0, 0}}};
        for (long[][] b : bad) {
            assertRefused("tensor 'w', has size",
                    new PickleBytes().op('}').text("w").tensor(b[0][0], b[1][0], b[2], b[3]).op('s').end());
        }
        assertRefused("repeats its storage", new PickleBytes().op('}').text("w")
                .tensor(12, 0, new long[] {1 << 30, 1 << 20}, new long[] {0, 0}).op('s').end());
        for (long numel : new long[] {11, 13, max, max / 4}) {
            assertRefused("expected the size to match",
                    new PickleBytes().op('}').text("w").tensor(numel, 0, new long[] {2}, new long[] {1}).op('s').end());
        }
        assertRefused("in a form that PyTorch does not write",
                new PickleBytes().op('}').text("w").tensor(-1, 0, new long[] {0}, new long[] {1}).op('s').end());
        assertRefused("needs storage '../0'", new PickleBytes().global("torch._utils", "_rebuild_tensor_v2").op('(')
                .storage("FloatStorage", "../0", 1).integer(0).op(')', ')', 't', 'R').end());
    }

    @Test
    void damagedStorageBytesFailTheirChecksum() throws IOException {
        Path path = PickleBytes.zip(folder.resolve("altered.pth"), new PickleBytes().op('}').text("w")
                .tensor(12, 0, new long[] {12}, new long[] {1}).op('s').end(), TWELVE_FLOATS);
        byte[] bytes = Files.readAllBytes(path);
        int data = indexOf(bytes, "archive/data/0") + "archive/data/0".length();
        bytes[data + 17] ^= 4;
        Files.write(path, bytes);
        try (var file = CheckpointFile.open(path)) {
            CheckpointTensor w = file.tensors().get("w");
            var e = assertThrows(CheckpointException.class, w::data);
            assertTrue(e.getMessage().contains("entry 'archive/data/0', has checksum"), e.getMessage());
        }
    }

    private static int indexOf(byte[] bytes, String text) {
        byte[] wanted = text.getBytes();
        for (int i = 0;; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
    }

    @Test
    void zipsThatTorchDoesNotWriteAreRefused() throws IOException {
        byte[] pickle = new PickleBytes().op('}').end();
        Path path = folder.resolve("odd.pth");
        try (var zip = new ZipOutputStream(Files.newOutputStream(path))) {
            zip.putNextEntry(new java.util.zip.ZipEntry("archive/data.pkl"));
            zip.write(pickle);
        }
        assertTrue(refusal(path).contains("is compressed or encrypted"));
        try (var zip = new ZipOutputStream(Files.newOutputStream(path))) {
            PickleBytes.store(zip, "archive/data.pkl", pickle);
            PickleBytes.store(zip, "archive/byteorder", "big".getBytes());
        }
        assertTrue(refusal(path).contains("byte order 'big'"));
        try (var zip = new ZipOutputStream(Files.newOutputStream(path))) {
            PickleBytes.store(zip, "archive/readme.txt", pickle);
        }
        assertTrue(refusal(path).contains("a zip with 0 data.pkl"));
        try (var zip = new ZipOutputStream(Files.newOutputStream(path))) {
            PickleBytes.store(zip, "a/data.pkl", pickle);
            PickleBytes.store(zip, "b/data.pkl", pickle);
        }
        assertTrue(refusal(path).contains("a zip with 2 data.pkl"));
    }

    /** Every prefix of a file is refused (of a legacy file, only the whole one has all its storages). */
    @ParameterizedTest
    @ValueSource(strings = {"views_zip.pth", "views_legacy.pth", "types_legacy.pth"})
    void everyPrefixIsRefused(String name) throws IOException {
        byte[] bytes = new Golden("g_ckpt").bytes(name);
        Path path = folder.resolve("prefix.pth");
        for (int length = 0; length < bytes.length; length += length < 64 ? 1 : 7) {
            Files.write(path, Arrays.copyOf(bytes, length));
            refusal(path);
        }
    }

    /** Flipped bits: refused, or read; then each tensor's bytes are fetched or refused. Never another exception. */
    @ParameterizedTest
    @ValueSource(strings = {"views_zip.pth", "views_legacy.pth", "types_zip.pth", "types_legacy.pth"})
    void damageNeverEscapesAsAnotherException(String name) throws IOException {
        byte[] bytes = new Golden("g_ckpt").bytes(name);
        Map<String, byte[]> sound = read(new Golden("g_ckpt").path(name));
        Path path = folder.resolve("damaged.pth");
        var random = new Random(name.hashCode());
        int refused = 0;
        for (int i = 0; i < 600; i++) {
            byte[] damaged = bytes.clone();
            for (int k = 0; k <= i % 3; k++) {
                damaged[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(path, damaged);
            try {
                Map<String, byte[]> found = read(path);
                if (name.endsWith("_zip.pth")) {
                    // The checksums of the zip leave nothing unnoticed but unused bytes.
                    assertEquals(sound.keySet(), found.keySet());
                    sound.forEach((tensor, data) -> assertArrayEquals(data, found.get(tensor), tensor));
                }
            } catch (CheckpointException e) {
                refused++;
                assertTrue(e.getMessage().contains("damaged.pth"), e.getMessage());
            }
        }
        assertTrue(refused > 100, "only " + refused + " of 600 noticed");
    }

    private static Map<String, byte[]> read(Path path) {
        var all = new TreeMap<String, byte[]>();
        try (var file = CheckpointFile.open(path)) {
            file.tensors().forEach((name, t) -> all.put(name, t.data().toArray(ValueLayout.JAVA_BYTE)));
        }
        return all;
    }
}
