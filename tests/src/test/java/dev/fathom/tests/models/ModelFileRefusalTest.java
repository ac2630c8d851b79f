package dev.fathom.tests.models;

import static dev.fathom.tests.models.WeightFiles.renamed;
import static dev.fathom.tests.models.WeightFiles.synthetic;
import static dev.fathom.tests.models.WeightFiles.tensor;
import static dev.fathom.tests.models.WeightFiles.tiny;
import static dev.fathom.tests.models.WeightFiles.write;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.StateDictLoader;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Weights that do not fit are refused before anything is changed, with one sentence that names everything that is
 * wrong.
 */
class ModelFileRefusalTest {
    private static final DepthHead HEAD = new DepthHead.Metric(10);

    @TempDir
    Path folder;

    @Test
    void allMissingUnexpectedAndMismatchedKeysAreListedInOneMessage() {
        try (SyntheticWeights weights = synthetic(tiny()); MemoryScope scope = MemoryScope.open("test")) {
            Map<String, CheckpointTensor> state = renamed(weights.state(), n -> switch (n) {
                case "pretrained.norm.bias", "depth_head.projects.2.bias" -> null;
                default -> n;
            });
            state.put("pretrained.register_tokens", tensor("pretrained.register_tokens", Shape.of(1, 4, 24),
                    new float[96]));
            state.put("pretrained.norm.weight", tensor("pretrained.norm.weight", Shape.of(48), new float[48]));
            state.put("depth_head.projects.0.bias", tensor("depth_head.projects.0.bias", Shape.of(8),
                    new float[8]).as(DType.F16));
            state.put("depth_head.projects.1.bias", CheckpointTensor.of("depth_head.projects.1.bias", DType.I64,
                    Shape.of(8),
                    Arena.ofAuto().allocate(64, 8)));
            DepthAnythingV2 model = new DepthAnythingV2(tiny(), HEAD);
            StateDictLoader loader = new StateDictLoader(model.parameters(), "w.pth");
            String message = assertThrows(CheckpointException.class, () -> loader.load(state, Device.CPU, Memory.COPY))
                    .getMessage();
            assertEquals("""
                    w.pth does not fit the model (expected are exactly its keys, with their shapes; is the file whole, and of this \
                    network?):
                      2 keys missing: pretrained.norm.bias, depth_head.projects.2.bias
                      1 key unexpected: pretrained.register_tokens
                      2 keys of another shape or dtype: pretrained.norm.weight is [48], expected [24], \
                    depth_head.projects.1.bias is int64, expected float32""", message);
            assertTrue(model.parameters().all().stream().noneMatch(Parameter::hasValue), "nothing was filled");
        }
    }

    /** A NaN would make every output NaN without a word. */
    @ParameterizedTest
    @EnumSource(Memory.class)
    void aWeightThatIsNotFiniteIsRefusedByName(Memory memory) {
        try (SyntheticWeights weights = synthetic(tiny()); MemoryScope scope = MemoryScope.open("test")) {
            for (String name : new String[] {"pretrained.blocks.2.mlp.fc1.bias",
                    "depth_head.scratch.output_conv1.weight"}) {
                float[] values = weights.state().get(name).toFloats();
                values[5] = name.endsWith("bias") ? Float.NaN : Float.NEGATIVE_INFINITY;
                Map<String, CheckpointTensor> state = new LinkedHashMap<>(weights.state());
                state.put(name, tensor(name, weights.state().get(name).shape(), values));
                Path path = write(folder.resolve(memory + name + ".safetensors"), state, ModelMetadata.of(tiny(),
                        HEAD));
                try (ModelFile file = ModelFile.open(path)) {
                    assertEquals(path + ": " + name + " holds " + values[5] + " at element 5; the file is damaged or"
                            + " its training diverged,"
                            + " use another checkpoint",
                            assertThrows(CheckpointException.class, () -> file.load(HEAD, memory,
                            Device.CPU)).getMessage());
                }
            }
        }
    }

    /** Only the names and shapes are looked at, so these "weights" are small fakes of a ViT-B. */
    @Test
    void theWrongEncoderIsToldFromTheRightOne() {
        Path path = write(folder.resolve("fake.safetensors"), skeleton(768, 12), Map.of());
        try (ModelFile file = ModelFile.open(path)) {
            assertEquals(Encoder.VITB.config(), file.config());
            assertEquals(file, file.require(Encoder.VITB));
            assertEquals(path + " holds a vitb, not a vits; use --encoder vitb",
                    assertThrows(CheckpointException.class, () -> file.require(Encoder.VITS)).getMessage());
        }
    }

    @Test
    void theWrongEncoderOfANetworkOfItsOwn() {
        try (SyntheticWeights weights = synthetic(tiny())) {
            Path path = write(folder.resolve("own.safetensors"), weights.state(), ModelMetadata.of(tiny(), HEAD));
            try (ModelFile file = ModelFile.open(path)) {
                assertEquals(path + " holds another network (its encoder has 24 channels and 4 blocks, while vits has"
                        + " 384 and 12, vitb 768 and"
                        + " 12, vitl 1024 and 24, vitg 1536 and 40), not a vitl; leave --encoder out",
                        assertThrows(CheckpointException.class, () -> file.require(Encoder.VITL)).getMessage());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Encoder.class)
    void eachReleasedEncoderIsRecognised(Encoder encoder) {
        Path path = write(folder.resolve("fake.safetensors"), skeleton(encoder.config().vit().dim(),
                encoder.config().vit().depth()), Map.of());
        try (ModelFile file = ModelFile.open(path)) {
            assertEquals(encoder, file.encoder().orElseThrow());
            assertFalse(file.hasDecoder());
        }
    }

    @Test
    void aBlockTooManyIsNoReleasedEncoder() {
        Path path = write(folder.resolve("fake.safetensors"), skeleton(384, 13), Map.of());
        String message = assertThrows(CheckpointException.class, () -> ModelFile.open(path)).getMessage();
        assertTrue(message.contains("its encoder has 384 channels and 13 blocks, while vits has 384 and 12"), message);
    }

    @Test
    void anIncompleteHuggingFaceFile() {
        try (SyntheticWeights weights = synthetic(tiny())) {
            String key = "backbone.encoder.layer.1.attention.attention.key.weight";
            Path path = write(folder.resolve("model.safetensors"), renamed(HuggingFaceDress.of(weights.state()),
                    n -> n.equals(key) ? null : n),
                    ModelMetadata.of(tiny(), HEAD));
            assertEquals("The checkpoint has a query without its " + key + "; the file is incomplete",
                    assertThrows(CheckpointException.class, () -> ModelFile.open(path)).getMessage());
        }
    }

    @Test
    void metadataThatIsNoConfiguration() {
        Path path = write(folder.resolve("fake.safetensors"), skeleton(384, 12),
                Map.of("fathom.model", "{\"vit\": 7}"));
        String message = assertThrows(CheckpointException.class, () -> ModelFile.open(path)).getMessage();
        assertTrue(message.startsWith(path + ": its metadata entry fathom.model is not a model configuration: "),
                message);
    }

    /** Just enough of an encoder to be recognised. */
    private static Map<String, CheckpointTensor> skeleton(int dim, int blocks) {
        Map<String, CheckpointTensor> state = new LinkedHashMap<>();
        state.put("pretrained.cls_token", tensor("pretrained.cls_token", Shape.of(1, 1, dim), new float[dim]));
        for (int i = 0; i < blocks; i++) {
            String name = "pretrained.blocks." + i + ".norm1.weight";
            state.put(name, tensor(name, Shape.of(dim), new float[dim]));
        }
        return state;
    }
}
