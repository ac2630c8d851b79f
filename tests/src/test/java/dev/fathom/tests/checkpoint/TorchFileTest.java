package dev.fathom.tests.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointFormat;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.TorchFile;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * golden/g_ckpt: files written by PyTorch 1.13 load equal, tensor by tensor; the others are refused with a sentence.
 */
class TorchFileTest {
    private static final Golden GOLDEN = new Golden("g_ckpt");
    private static final Pattern PATH_PART = Pattern.compile("\\['([^']+)'\\]|\\[(\\d+)\\]");

    @TempDir
    Path folder;

    static Stream<JsonNode> filesToLoad() {
        return StreamSupport.stream(GOLDEN.json().get("files").spliterator(), false)
                .filter(f -> f.get("expect").asText().equals("load"));
    }

    private static JsonNode file(String name) {
        return StreamSupport.stream(GOLDEN.json().get("files").spliterator(), false)
                .filter(f -> f.get("file").asText().equals(name)).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("filesToLoad")
    void loadsEqual(JsonNode expected) {
        JsonNode entries = expected.has("same_as") ? file(expected.get("same_as").asText()).get("entries")
                : expected.get("entries");
        try (var file = (TorchFile) CheckpointFile.open(GOLDEN.path(expected.get("file").asText()))) {
            assertEquals(expected.get("container").asText().equals("zip"), file.format() == CheckpointFormat.TORCH_ZIP);
            int tensors = 0;
            for (JsonNode entry : entries) {
                String path = entry.get("path").asText();
                Object found = follow(file.content(), path);
                if (entry.get("kind").asText().equals("tensor")) {
                    tensors++;
                    assertTensor(entry, assertInstanceOf(CheckpointTensor.class, found, path));
                    assertTensor(entry, file.tensors().get(dotted(path)));
                } else {
                    assertScalar(entry, found, path);
                }
            }
            assertEquals(tensors, file.tensors().size());
        }
    }

    private static Object follow(Object content, String path) {
        Object at = content;
        Matcher m = PATH_PART.matcher(path);
        while (m.find()) {
            at = m.group(1) != null ? ((Map<?, ?>) at).get(m.group(1))
                    : at instanceof Map<?, ?> map ? map.get(Long.valueOf(m.group(2)))
                    : ((List<?>) at).get(Integer.parseInt(m.group(2)));
        }
        return at;
    }

    private static String dotted(String path) {
        return PATH_PART.matcher(path).replaceAll(m -> "." + (m.group(1) != null ? m.group(1) : m.group(2)))
                .substring(1);
    }

    private static void assertTensor(JsonNode entry, CheckpointTensor tensor) {
        String path = entry.get("path").asText();
        assertEquals(entry.get("dtype").asText(), tensor.dtype().torchName(), path);
        assertArrayEquals(StreamSupport.stream(entry.get("shape").spliterator(), false).mapToInt(JsonNode::asInt)
                .toArray(),
                tensor.shape().toArray(), path);
        assertEquals(entry.get("sha256_contiguous_le").asText(),
                Sha256.of(tensor.data().toArray(ValueLayout.JAVA_BYTE)), path);
    }

    private static void assertScalar(JsonNode entry, Object found, String path) {
        JsonNode value = entry.get("value");
        switch (entry.get("kind").asText()) {
            case "int" -> assertEquals(value.bigIntegerValue(), found instanceof BigInteger b ? b
                    : BigInteger.valueOf((Long) found), path);
            case "float" -> assertEquals(value.doubleValue(), found, path);
            case "bool" -> assertEquals(value.booleanValue(), found, path);
            case "str" -> assertEquals(value.textValue(), found, path);
            case "NoneType" -> assertEquals(null, found, path);
            case "Size" -> assertEquals(value.textValue(), "torch.Size(" + found + ")", path);
            default -> throw new AssertionError("unknown kind in " + entry);
        }
    }

    /** One sentence each: the file, what is wrong, what was expected. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            malicious_zip.pth    | asks to run posix.system
            malicious_legacy.pth | asks to run posix.system
            malicious_nested.pth | asks to run posix.system
            malicious_eval.pth   | asks to run __builtin__.eval
            pickled_module.pth   | holds a Python object of torch.nn.modules.linear.Linear
            garbage.pth          | is not a weights file
            empty.pth            | is empty
            oob_size.pth         | tensor 'w', has size [99, 4]
            """)
    void refuses(String name, String reason) {
        assertEquals("reject", file(name).get("expect").asText());
        assertRefused(GOLDEN.path(name), name, reason);
    }

    private static void assertRefused(Path path, String name, String reason) {
        Path marker = Path.of("/tmp/pwned");
        assertFalse(Files.exists(marker), "left by another program");
        var e = assertThrows(CheckpointException.class, () -> CheckpointFile.open(path).close());
        assertTrue(e.getMessage().contains(name) && e.getMessage().contains(reason)
                && e.getMessage().contains("expected"),
                e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        assertFalse(Files.exists(marker), "something in the file was run");
    }

    /** The golden's truncated files are prefixes of the whole ones. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            tiny_zip.pth    | truncated_zip.pth    | no central directory
            tiny_legacy.pth | truncated_legacy.pth | is cut off
            """)
    void refusesTruncated(String whole, String name, String reason) throws IOException {
        byte[] bytes = Arrays.copyOf(GOLDEN.bytes(whole), file(name).get("bytes").asInt());
        assertRefused(Files.write(folder.resolve(name), bytes), name, reason);
    }

    @Test
    void everyRejectedFileOfTheGoldenIsCovered() {
        var names = new ArrayList<String>();
        GOLDEN.json().get("files").forEach(f -> {
            if (f.get("expect").asText().equals("reject")) {
                names.add(f.get("file").asText());
            }
        });
        assertEquals(10, names.size(), names.toString());
    }

    @Test
    void plainWeightsFollowTheFormula() {
        try (var file = CheckpointFile.open(GOLDEN.path("tiny_zip.pth"))) {
            float[] bias = file.stateDict().get("pretrained.blocks.0.attn.qkv.bias").toFloats();
            assertArrayEquals(Formula.floats("da2b/pretrained.blocks.0.attn.qkv.bias", bias.length, 0.1, 0), bias);
        }
    }

    /** {model: {module.NAME: ...}, optimizer: ..., epoch: ...} of the official trainer gives NAME. */
    @Test
    void trainersWrapperIsOpened() {
        try (var trainer = CheckpointFile.open(GOLDEN.path("trainer_latest.pth"));
                var plain = CheckpointFile.open(GOLDEN.path("tiny_zip.pth"))) {
            assertEquals(List.copyOf(plain.tensors().keySet()), List.copyOf(trainer.stateDict().keySet()));
            assertEquals(plain.tensors().keySet(), plain.stateDict().keySet());
            trainer.stateDict().forEach((name, t) -> assertEquals(name, t.name()));
            assertTrue(trainer.tensors().containsKey("model.module.pretrained.cls_token"));
            assertTrue(trainer.tensors().containsKey("optimizer.state.0.exp_avg"));
            assertEquals("3", trainer.metadata().get("epoch"));
            assertEquals("0.1", trainer.metadata().get("previous_best.abs_rel"));
        }
    }

    @Test
    void contiguousTensorsAreMappedAndViewsAreGathered() {
        try (var file = CheckpointFile.open(GOLDEN.path("views_zip.pth"))) {
            var base = file.tensors().get("base").data();
            assertTrue(base.isMapped());
            assertTrue(file.tensors().get("rows_2_5").data().isMapped());
            var transposed = file.tensors().get("transposed").data();
            assertFalse(transposed.isMapped());
            assertEquals(base.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * 10), transposed.get(ValueLayout.JAVA_FLOAT, 4));
        }
    }

    @Test
    void closingEndsTheMappedBytes() {
        var file = CheckpointFile.open(GOLDEN.path("views_zip.pth"));
        var base = file.tensors().get("base").data();
        file.close();
        assertThrows(IllegalStateException.class, () -> base.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void whatCannotBeAWeightsFileIsNamed() throws IOException {
        assertRefused(folder.resolve("absent.pth"), "absent.pth", "does not exist");
        assertRefused(folder, folder.getFileName().toString(), "is not a file");
        Path pointer = Files.writeString(folder.resolve("w.pth"),
                "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
        var e = assertThrows(CheckpointException.class, () -> CheckpointFile.open(pointer));
        assertTrue(e.getMessage().contains("git lfs pull"), e.getMessage());
    }
}
