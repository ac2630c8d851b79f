package dev.fathom.tests.models;

import static dev.fathom.tests.models.WeightFiles.assertSameTensors;
import static dev.fathom.tests.models.WeightFiles.renamed;
import static dev.fathom.tests.models.WeightFiles.synthetic;
import static dev.fathom.tests.models.WeightFiles.tiny;
import static dev.fathom.tests.models.WeightFiles.tinySwiGlu;
import static dev.fathom.tests.models.WeightFiles.write;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.errors.CheckpointException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.StateDictLoader;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One network in every dress that its weights come in: each must load to the same parameters. */
class ModelFileDressTest {
    private static final DepthHead HEAD = new DepthHead.Metric(10);
    private static final String PREFIX = DepthAnythingV2.ENCODER_PREFIX;

    @TempDir
    Path folder;

    /** Files written by PyTorch itself; the network is none of the released ones, so it has to be given. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny_zip.pth", "tiny_legacy.pth", "tiny_zip_2x_layout.pth"})
    void officialFilesOfPyTorch(String name) {
        try (SyntheticWeights expected = synthetic(tiny());
                CheckpointFile file = CheckpointFile.open(new Golden("g_ckpt").path(name))) {
            assertSameTensors(expected.state(), file.stateDict());
            try (MemoryScope scope = MemoryScope.open("test")) {
                DepthAnythingV2 model = new DepthAnythingV2(tiny(), HEAD);
                new StateDictLoader(model.parameters(), name).load(file.stateDict(), Device.CPU, Memory.MAP);
                assertSameTensors(expected.state(), model.parameters().toStateDict());
            }
        }
    }

    /**
     * {@code {model: {module....}, optimizer: ..., epoch: ...}}: the wrapper is opened, the prefix comes off, the rest
     * is left out.
     */
    @Test
    void trainersFile() {
        Path path = new Golden("g_ckpt").path("trainer_latest.pth");
        try (CheckpointFile file = CheckpointFile.open(path); MemoryScope scope = MemoryScope.open("test")) {
            assertTrue(file.tensors().containsKey("model.module.pretrained.cls_token"), "a wrapped file");
            assertTrue(file.tensors().keySet().stream().anyMatch(n -> n.startsWith("optimizer.")),
                    "with more than weights in it");
            DepthAnythingV2 model = new DepthAnythingV2(tiny(), HEAD);
            new StateDictLoader(model.parameters(), "latest.pth").load(file.stateDict(), Device.CPU, Memory.COPY);
            assertSameTensors(file.stateDict(), model.parameters().toStateDict());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny_zip.pth", "trainer_latest.pth"})
    void aNetworkOfNoReleasedSizeIsRefusedWithItsSizes(String name) {
        Path path = new Golden("g_ckpt").path(name);
        assertEquals(path + " is not a Depth Anything V2 model: its encoder has 24 channels and 4 blocks, while vits"
                + " has 384 and 12, vitb"
                + " 768 and 12, vitl 1024 and 24, vitg 1536 and 40",
                assertThrows(CheckpointException.class, () -> ModelFile.open(path)).getMessage());
    }

    @Test
    void aFileOfSomethingElseIsRefusedWithItsFirstName() {
        Path path = new Golden("g_ckpt").path("views_zip.pth");
        String message = assertThrows(CheckpointException.class, () -> ModelFile.open(path)).getMessage();
        assertTrue(message.matches(".*views_zip\\.pth is not a Depth Anything V2 model: it has no"
                + " pretrained\\.cls_token among its \\d+ tensors"
                + " \\(the first is base\\)"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"safetensors", "h5"})
    void ourOwnFilesSayWhatTheyAre(String format) {
        try (SyntheticWeights weights = synthetic(tiny())) {
            Path path = write(folder.resolve("own." + format), weights.state(), ModelMetadata.of(tiny(), HEAD));
            try (ModelFile file = ModelFile.open(path)) {
                assertEquals(tiny(), file.config());
                assertEquals(Optional.of(HEAD), file.declaredHead());
                assertEquals(Optional.empty(), file.encoder(), "not a released size");
                assertTrue(file.hasDecoder());
                assertLoads(weights, file);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"module.", "_orig_mod.", "module._orig_mod."})
    void prefixesOfWrappersComeOff(String prefix) {
        try (SyntheticWeights weights = synthetic(tiny())) {
            Path path = write(folder.resolve("prefixed.safetensors"), renamed(weights.state(), n -> prefix + n),
                    ModelMetadata.of(tiny(), HEAD));
            try (ModelFile file = ModelFile.open(path)) {
                assertLoads(weights, file);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void huggingFacesNames(boolean giant) {
        ModelConfig config = giant ? tinySwiGlu() : tiny();
        try (SyntheticWeights weights = synthetic(config)) {
            Path path = write(folder.resolve("model.safetensors"), HuggingFaceDress.of(weights.state()),
                    ModelMetadata.of(config, HEAD));
            try (ModelFile file = ModelFile.open(path)) {
                assertLoads(weights, file);
            }
        }
    }

    /**
     * A file without any metadata, as Hugging Face has it: recognised as ViT-S, and the same function as the official
     * weights.
     */
    @Test
    void huggingFacesViTS() {
        Tensor[] depth = new Tensor[2];
        try (MemoryScope scope = MemoryScope.open("test"); GradMode.Scope off = GradMode.noGrad();
                SyntheticWeights weights = synthetic(Encoder.VITS.config())) {
            Path path = write(folder.resolve("model.safetensors"), HuggingFaceDress.of(weights.state()), Map.of());
            Tensor x = Tensors.of(Formula.floats("da2b/x", 28 * 42 * 3, 2, 0), 1, 28, 42, 3);
            DepthAnythingV2 official = new DepthAnythingV2(Encoder.VITS.config(), new DepthHead.Relative());
            weights.load(official.parameters(), Device.CPU, Memory.MAP);
            depth[0] = official.forward(x);
            try (ModelFile file = ModelFile.open(path)) {
                assertEquals(Optional.of(Encoder.VITS), file.encoder());
                assertEquals(Optional.empty(), file.declaredHead());
                assertSameTensors(weights.state(), file.state());
                depth[1] = file.load(new DepthHead.Relative(), Memory.MAP, Device.CPU).forward(x);
                assertArrayEquals(depth[0].toFloats(), depth[1].toFloats());
            }
        }
    }

    /** DINOv2's own file: an encoder, from which fine-tuning starts with a fresh decoder. */
    @Test
    void bareEncoder() {
        try (SyntheticWeights weights = synthetic(tiny()); MemoryScope scope = MemoryScope.open("test")) {
            Path path = write(folder.resolve("dinov2.safetensors"),
                    renamed(weights.state(), n -> n.startsWith(PREFIX) ? n.substring(PREFIX.length()) : null),
                    ModelMetadata.of(tiny(), HEAD));
            try (ModelFile file = ModelFile.open(path)) {
                assertFalse(file.hasDecoder());
                DepthAnythingV2 model = file.loadEncoder(HEAD, 7, Device.CPU);
                for (Parameter p : model.parameters().all()) {
                    boolean encoder = p.name().startsWith(PREFIX);
                    boolean same = Arrays.equals(weights.state().get(p.name()).toFloats(), p.toState().toFloats());
                    assertEquals(encoder, same, p.name() + (encoder ? " comes from the file" : " is drawn afresh"));
                }
                String message = assertThrows(CheckpointException.class,
                        () -> file.load(HEAD, Memory.COPY, Device.CPU)).getMessage();
                assertEquals(path + " holds an encoder alone (DINOv2), expected a whole model with its depth_head;"
                        + " use a checkpoint of Depth"
                        + " Anything V2, or train a decoder for this one first (fathom train)", message);
            }
        }
    }

    /** The decoder of a whole file is left alone when only the encoder is wanted. */
    @Test
    void encoderOfAWholeFile() {
        try (SyntheticWeights weights = synthetic(tiny()); MemoryScope scope = MemoryScope.open("test")) {
            Path path = write(folder.resolve("whole.safetensors"), weights.state(), ModelMetadata.of(tiny(), HEAD));
            try (ModelFile file = ModelFile.open(path)) {
                String name = "depth_head.scratch.output_conv1.weight";
                float[] one = file.loadEncoder(HEAD, 1, Device.CPU).parameters().get(name).toState().toFloats();
                float[] again = file.loadEncoder(HEAD, 1, Device.CPU).parameters().get(name).toState().toFloats();
                float[] other = file.loadEncoder(HEAD, 2, Device.CPU).parameters().get(name).toState().toFloats();
                assertArrayEquals(one, again, "the same seed");
                assertFalse(Arrays.equals(one, other), "another seed");
                assertFalse(Arrays.equals(one, weights.state().get(name).toFloats()), "not the file's");
            }
        }
    }

    /**
     * An optimiser's moments are stored like their parameter: permuted to PyTorch's layout, and back when training is
     * resumed.
     */
    @Test
    void aTensorSurvivesItsStateDictEntry() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            DepthAnythingV2 model = new DepthAnythingV2(tiny(), HEAD);
            SyntheticWeights.fill(model.parameters(), Device.CPU);
            for (Parameter p : model.parameters().all()) {
                assertArrayEquals(p.tensor().toFloats(), p.tensorOf(p.toState()).toFloats(), p.name());
            }
        }
    }

    private static void assertLoads(SyntheticWeights expected, ModelFile file) {
        assertSameTensors(expected.state(), file.state());
        try (MemoryScope scope = MemoryScope.open("load")) {
            assertSameTensors(expected.state(), file.load(HEAD, Memory.MAP, Device.CPU).parameters().toStateDict());
            assertSameTensors(expected.state(), file.load(HEAD, Memory.COPY, Device.CPU).parameters().toStateDict());
        }
    }
}
