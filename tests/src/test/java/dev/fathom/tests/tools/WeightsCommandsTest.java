package dev.fathom.tests.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code info} and {@code convert} over files made here. */
class WeightsCommandsTest {
    @TempDir
    private Path folder;
    private Path weights;

    @BeforeEach
    void writeWeights() {
        weights = folder.resolve("small.safetensors");
        float[] values = {1, -2.5f, 0.1f, 65504, 1e-7f, 3};
        CheckpointTensor floats = CheckpointTensor.of("pretrained.cls_token", DType.F32, Shape.of(1, 1, 6),
            segment(values));
        CheckpointTensor bias = CheckpointTensor.of("depth_head.bias", DType.F32, Shape.of(2), segment(7, 8));
        CheckpointWriter.write(weights, List.of(floats, bias),
            ModelMetadata.of(Encoder.VITS.config(), new DepthHead.Metric(12.5)));
    }

    private static MemorySegment segment(float... values) {
        MemorySegment segment = Arena.ofAuto().allocate(4L * values.length, 64);
        MemorySegment.copy(values, 0, segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return segment;
    }

    @Test
    void infoNamesFormatNetworkHeadAndHash() throws Exception {
        String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256")
            .digest(Files.readAllBytes(weights)));
        Cli cli = Cli.run("info", weights.toString(), "--tensors");
        assertEquals(0, cli.code(), cli.err());
        for (String fact : new String[] {"safetensors", "Depth Anything V2 vits", "metric, up to 12.5 m", "float32",
            hash,
            "pretrained.cls_token", "[1, 1, 6]", "fathom.max_depth = 12.5"}) {
            assertTrue(cli.out().contains(fact), fact + " is not in:\n" + cli.out());
        }
        JsonNode json = new ObjectMapper().readTree(Cli.run("info", weights.toString(), "--json", "--tensors").out());
        assertEquals(2, json.get("tensors").asInt());
        assertEquals(8, json.get("parameters").asInt());
        assertEquals(hash, json.get("sha256").asText());
        assertEquals("depth_head.bias", json.get("tensor_list").get(1).get("name").asText());
    }

    @Test
    void infoOfAnUnknownNetworkSaysWhyAndStillDescribesTheFile() {
        Path other = folder.resolve("other.h5");
        CheckpointWriter.write(other, List.of(CheckpointTensor.of("w", DType.F32, Shape.of(2), segment(1, 2))),
            Map.of());
        Cli cli = Cli.run("info", other.toString());
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("not recognised: it has no pretrained.cls_token") && cli.out().contains("HDF5"),
            cli.out());
    }

    @Test
    void convertKeepsBitsOrRoundsAndNeverOverwritesUnasked() {
        Path h5 = folder.resolve("a.h5");
        Cli kept = Cli.run("convert", weights.toString(), h5.toString());
        assertEquals(0, kept.code(), kept.err());
        assertTrue(kept.out().contains("2 tensors from safetensors to HDF5"), kept.out());
        try (CheckpointFile a = CheckpointFile.open(weights); CheckpointFile b = CheckpointFile.open(h5)) {
            a.stateDict().forEach((name, tensor) -> assertEquals(-1,
                tensor.data().mismatch(b.stateDict().get(name).data()), name));
            assertEquals(a.metadata(), b.metadata());
        }
        Path half = folder.resolve("half.safetensors");
        Cli halved = Cli.run("convert", h5.toString(), half.toString(), "--dtype", "float16");
        assertTrue(halved.out().contains("2 of them now float16"), halved.out());
        try (CheckpointFile file = CheckpointFile.open(half)) {
            assertEquals(DType.F16, file.stateDict().get("depth_head.bias").dtype());
            assertEquals(0.099975586f, file.stateDict().get("pretrained.cls_token").toFloats()[2],
                "0.1 as the nearest half");
        }
        Cli refused = Cli.run("convert", weights.toString(), h5.toString());
        assertEquals(1, refused.code());
        assertTrue(refused.err().contains("is there already") && refused.err().contains("--overwrite"), refused.err());
        assertEquals(0, Cli.run("convert", weights.toString(), h5.toString(), "--overwrite").code());
        Cli same = Cli.run("convert", weights.toString(), weights.toString(), "--overwrite");
        assertEquals(1, same.code());
        assertTrue(same.err().contains("another name"), same.err());
    }
}
