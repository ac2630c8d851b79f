package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.tests.golden.Golden;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code fathom convert} and {@code fathom info} on files that PyTorch wrote. */
class WeightsTest {
    private static final Golden GOLDEN = new Golden("g_ckpt");

    @TempDir
    private Path folder;

    private static Cli done(Object... words) {
        Cli cli = Says.run(words);
        assertEquals(0, cli.code(), cli.err());
        return cli;
    }

    /** From PyTorch's file through both others: each tensor keeps its name, dtype, shape and every bit. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny_zip.pth", "tiny_legacy.pth", "tiny_half.pth", "tiny_bf16.pth", "trainer_latest.pth",
            "views_zip.pth"})
    void pthToSafetensorsToHdf5KeepsEveryBit(String name) {
        Path pth = GOLDEN.path(name);
        Path safetensors = folder.resolve("a.safetensors");
        Path h5 = folder.resolve("a.h5");
        done("convert", pth, safetensors);
        Cli second = done("convert", safetensors, h5);
        assertTrue(second.out().contains("from safetensors to HDF5"), second.out());
        try (CheckpointFile from = CheckpointFile.open(pth); CheckpointFile to = CheckpointFile.open(h5)) {
            assertEquals(from.stateDict().keySet(), to.stateDict().keySet());
            from.stateDict().forEach((key, tensor) -> {
                var copy = to.stateDict().get(key);
                assertEquals(tensor.dtype() + " " + tensor.shape(), copy.dtype() + " " + copy.shape(), key);
                assertEquals(-1, tensor.data().mismatch(copy.data()), key);
            });
        }
    }

    @Test
    void infoCountsWhatIsThere() throws IOException {
        Path pth = GOLDEN.path("tiny_half.pth");
        JsonNode info = new ObjectMapper().readTree(done("info", pth, "--json").out());
        assertEquals("PyTorch zip", info.get("format").asText());
        assertEquals("float16", info.get("dtype").asText());
        long[] counted = new long[2];
        try (CheckpointFile file = CheckpointFile.open(pth)) {
            file.stateDict().values().forEach(t -> {
                counted[0]++;
                counted[1] += t.shape().numel();
            });
        }
        assertEquals(counted[0], info.get("tensors").asLong());
        assertEquals(counted[1], info.get("parameters").asLong());
        assertTrue(info.get("network").asText().startsWith("not recognised: "), "the golden is of no released size: "
                + info.get("network"));
        String text = done("info", GOLDEN.path("trainer_latest.pth")).out();
        assertTrue(text.contains("that are not weights"), text);
    }

    /** A metric model stays one, whatever file it moves to; and the numbers that it predicts stay the same. */
    @Test
    void aConvertedModelPredictsTheSame() throws IOException {
        Path safetensors = Workshop.model(folder.resolve("m.safetensors"), Workshop.METRIC);
        Path h5 = folder.resolve("m.h5");
        done("convert", safetensors, h5);
        Path photo = Pictures.colour(folder.resolve("a.png"), 20, 30);
        Map<Path, byte[]> depth = new LinkedHashMap<>();
        for (Path weights : new Path[] {safetensors, h5}) {
            Path out = folder.resolve("out");
            done("predict", "--load-from", weights, "--img-path", photo, "--outdir", out, "--input-size", 70,
                    "--save-numpy");
            depth.put(weights, Files.readAllBytes(out.resolve("a_raw_depth_meter.npy")));
        }
        assertEquals(-1, Arrays.mismatch(depth.get(safetensors), depth.get(h5)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"malicious_zip.pth", "malicious_legacy.pth", "malicious_nested.pth", "malicious_eval.pth", "garbage.pth", "empty.pth",
        "oob_size.pth", "pickled_module.pth"})
    void whatMustNotBeReadIsRefusedByNameAndNothingIsWritten(String name) {
        Path out = folder.resolve("out.safetensors");
        String sentence = Says.failing("convert", GOLDEN.path(name), out);
        assertTrue(sentence.contains(name), sentence);
        assertEquals(sentence, Says.failing("info", GOLDEN.path(name)));
        assertEquals(List.of(), Workshop.files(folder));
    }
}
