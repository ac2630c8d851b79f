package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtException;
import dev.fathom.engine.DType;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.models.onnx.OnnxExport;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.nn.checkpoint.ContentHash;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code fathom export}: what is in the files, how they are written, and what is refused. */
class OnnxExportTest {
    private static final DepthHead HEAD = new DepthHead.Metric(12.5);
    private static final int H = 42;
    private static final int W = 28;

    @TempDir
    private Path folder;
    private Path weights;
    private Path target;

    @BeforeEach
    void writeWeights() {
        target = folder.resolve("tiny.onnx");
        weights = folder.resolve("tiny.safetensors");
        try (SyntheticWeights synthetic = WeightFiles.synthetic(WeightFiles.tiny())) {
            WeightFiles.write(weights, synthetic.state(), ModelMetadata.of(WeightFiles.tiny(), HEAD));
        }
    }

    private Cli export(String... more) {
        return Cli.run(Stream.concat(Stream.of("export", "--load-from", weights.toString(), "--outfile",
                target.toString()), Stream.of(more)).toArray(String[]::new));
    }

    private static double[] run(Path file) throws OrtException {
        try (OnnxPeer peer = OnnxPeer.open(file)) {
            return peer.run(picture(H, W), 1, H, W);
        }
    }

    private static float[] picture(int h, int w) {
        return Formula.floats("onnx/picture", 3 * h * w, 2, 0);
    }

    @Test
    void theFileSaysWhatTheNumbersAreAndWhereTheyComeFrom() throws OrtException {
        Cli cli = export();
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("depth in metres, larger is farther") && cli.out().contains("opset 17"),
                cli.out());
        try (OnnxPeer peer = OnnxPeer.open(target)) {
            assertEquals("[image]", peer.session().getInputNames().toString());
            assertEquals("[depth]", peer.session().getOutputNames().toString());
            Map<String, String> said = peer.session().getMetadata().getCustomMetadata();
            assertEquals("metres", said.get("unit"));
            assertEquals("larger is farther", said.get("polarity"));
            assertEquals(ContentHash.of(weights).hex(), said.get("weights_sha256"));
            assertTrue(said.get("model").startsWith("Depth Anything V2 custom (24 channels"), said.get("model"));
            assertTrue(said.get("preprocessing").contains("0.485 0.456 0.406"), said.get("preprocessing"));
            ModelMetadata.of(WeightFiles.tiny(), HEAD).forEach((k, v) -> assertEquals(v, said.get(k), k));
        }
    }

    @Test
    void externalWeightsGiveTheSameBits() throws Exception {
        assertEquals(0, export().code());
        Path other = folder.resolve("other.onnx");
        Cli cli = Cli.run("export", "--load-from", weights.toString(), "--outfile", other.toString(),
                "--external-data");
        assertEquals(0, cli.code(), cli.err());
        assertTrue(cli.out().contains("other.onnx.data") && cli.out().contains("belong together"), cli.out());
        assertArrayEquals(run(target), run(other));
        assertTrue(Files.size(other) < Files.size(target) / 2, "the graph still holds its weights");
    }

    /** The weights' names, shapes and layout are PyTorch's: a state dict can take the place of the data file. */
    @Test
    void weightsHavePyTorchsNamesAndLayout() throws Exception {
        assertEquals(0, export("--external-data").code());
        double[] expected = run(target);
        Files.delete(OnnxExport.dataFile(target));
        assertThrows(OrtException.class, () -> run(target));
        List<OnnxTensor> tensors = new ArrayList<>();
        try (SyntheticWeights state = WeightFiles.synthetic(WeightFiles.tiny());
                OnnxPeer peer = OnnxPeer.open(target, (environment, options) -> {
                    Map<String, OnnxTensorLike> byName = new HashMap<>();
                    for (CheckpointTensor t : state.state().values()) {
                        OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(t.toFloats()),
                                Arrays.stream(t.shape().toArray()).asLongStream().toArray());
                        tensors.add(tensor);
                        if (!isUnused(t.name())) {
                            byName.put(t.name(), tensor);
                        }
                    }
                    options.setIntraOpNumThreads(1);
                    options.addExternalInitializers(byName);
                })) {
            assertArrayEquals(expected, peer.run(picture(H, W), 1, H, W));
        }
        tensors.forEach(OnnxTensor::close);
    }

    /** The five tensors that no result depends on (SPEC 1.5). */
    private static boolean isUnused(String name) {
        return name.endsWith("mask_token") || name.contains("refinenet4.resConfUnit1");
    }

    @Test
    void halfPrecisionWeightsAreWidened() throws Exception {
        Path half = folder.resolve("half.safetensors");
        Path widened = folder.resolve("widened.safetensors");
        try (SyntheticWeights synthetic = WeightFiles.synthetic(WeightFiles.tiny())) {
            Map<String, CheckpointTensor> state = new LinkedHashMap<>();
            synthetic.state().forEach((n, t) -> state.put(n, t.as(DType.F16)));
            WeightFiles.write(half, state, ModelMetadata.of(WeightFiles.tiny(), HEAD));
            state.replaceAll((n, t) -> t.as(DType.F32));
            WeightFiles.write(widened, state, ModelMetadata.of(WeightFiles.tiny(), HEAD));
        }
        weights = half;
        assertEquals(0, export().code());
        double[] fromHalf = run(target);
        weights = widened;
        assertEquals(0, export("--overwrite").code());
        assertArrayEquals(run(target), fromHalf);
    }

    /** Convolutions would cut the rest off and give another size, without a word. */
    @Test
    void aSizeThatPatchesDoNotFillIsRefusedByTheGraphItself() throws OrtException {
        assertEquals(0, export().code());
        try (OnnxPeer peer = OnnxPeer.open(target)) {
            OrtException e = assertThrows(OrtException.class, () -> peer.run(picture(42, 30), 1, 42, 30));
            assertTrue(e.getMessage().contains("height_and_width_must_be_multiples_of_14"), e.getMessage());
        }
    }

    @Test
    void aFileThatIsThereIsReplacedOnlyOnRequestAndOnlyAsAWhole() throws IOException {
        Files.writeString(target, "mine");
        Cli cli = export();
        assertEquals(1, cli.code());
        assertTrue(cli.err().contains("is there already; choose another name, or add --overwrite"), cli.err());
        // The data file cannot take its name, so the graph must not take its own.
        Files.createDirectories(OnnxExport.dataFile(target));
        cli = export("--external-data", "--overwrite");
        assertEquals(1, cli.code());
        assertTrue(cli.err().contains("tiny.onnx.data is a folder"), cli.err());
        assertEquals("mine", Files.readString(target));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(3, files.count(), "temporary files were left behind");
        }
        assertEquals(0, export("--overwrite").code());
        assertTrue(Files.size(target) > 10_000);
    }

    @ParameterizedTest
    @CsvSource({
        "--opset 16, 2, Opset 16 is not one",
        "--opset 99, 2, choose 17",
        "--outfile x.pb, 2, by the ending .onnx",
        "--format tflite, 2, tflite",
        "--max-depth 5 --relative, 2, give one of them",
        "--max-depth -1, 2, more than 0 metres",
        "--relative, 1, declares a metric head",
        "--encoder vits, 1, not a vits",
        "--outfile no/such/folder/x.onnx, 1, is not a folder",
    })
    void wrongCallsAreExplained(String call, int code, String sentence) {
        Cli cli = Cli.run(Stream.concat(Stream.of("export", "--load-from", weights.toString()),
                Stream.of(call.split(" "))).toArray(String[]::new));
        assertEquals(code, cli.code(), cli.err());
        assertTrue(cli.err().contains(sentence), cli.err());
    }

    @Test
    void filesThatAreNoWholeModelAreRefused() throws IOException {
        try (SyntheticWeights synthetic = WeightFiles.synthetic(WeightFiles.tiny())) {
            Map<String, String> metadata = ModelMetadata.of(WeightFiles.tiny(), HEAD);
            Map<String, CheckpointTensor> state = new LinkedHashMap<>(synthetic.state());
            CheckpointTensor bias = state.get("pretrained.norm.bias");
            float[] bad = bias.toFloats();
            bad[3] = Float.NaN;
            state.put(bias.name(), WeightFiles.tensor(bias.name(), bias.shape(), bad));
            WeightFiles.write(weights, state, metadata);
            refused("pretrained.norm.bias holds NaN at element 3");

            state.remove(bias.name());
            WeightFiles.write(weights, state, metadata);
            refused("1 key missing: pretrained.norm.bias");

            state.keySet().removeIf(n -> n.startsWith("depth_head."));
            WeightFiles.write(weights, state, metadata);
            refused("holds an encoder alone");

            WeightFiles.write(weights, synthetic.state(), Map.of("fathom.model", metadata.get("fathom.model")));
            refused("does not say whether it is a metric or a relative model");
        }
        Files.writeString(weights, "not weights");
        refused("tiny.safetensors");
    }

    private void refused(String sentence) {
        Cli cli = export();
        assertEquals(1, cli.code(), cli.out());
        assertTrue(cli.err().contains(sentence), cli.err());
        assertFalse(Files.exists(target));
    }

    /** ViT-G's 5 GB, as slices of an empty file. */
    @Test
    void moreThanTwoGigabytesInsideAreRefused() throws IOException {
        Path sparse = folder.resolve("sparse");
        long largest = 256 << 20;
        try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw"); Arena arena = Arena.ofConfined()) {
            file.setLength(largest);
            MemorySegment zeros = file.getChannel().map(MapMode.READ_ONLY, 0, largest, arena);
            Map<String, CheckpointTensor> state = new LinkedHashMap<>();
            new DepthAnythingV2(Encoder.VITG.config(), HEAD).parameters().all().forEach(p -> state.put(p.name(),
                    CheckpointTensor.of(p.name(), DType.F32, p.torchShape(), zeros.asSlice(0, 4 * p.numel()))));
            OnnxExport export = new OnnxExport("giant", Optional.empty(), 17);
            FathomException e = assertThrows(FathomException.class, () -> export.write(target,
                    Encoder.VITG.config(), HEAD, state, false, bytes -> { }));
            assertTrue(e.getMessage().contains("would be 5.0 GB, but an ONNX file holds at most 2 GB; add "
                    + "--external-data"), e.getMessage());
            assertFalse(Files.exists(target));
        }
    }
}
