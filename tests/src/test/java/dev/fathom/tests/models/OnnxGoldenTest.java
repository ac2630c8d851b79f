package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Device;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.onnx.OnnxExport;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.tests.golden.Closeness;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What ONNX Runtime makes of an exported model, against the original PyTorch code where there is a golden, and against
 * Fathom's own forward pass for other sizes. The graphs have free axes: one file serves all sizes.
 */
class OnnxGoldenTest {
    /** Height, width: the learnt 5 x 5 grid itself; another, not square; one row; sizes with odd halves. */
    private static final int[][] SIZES = {{70, 70}, {42, 98}, {14, 126}, {154, 70}};

    @TempDir
    private Path folder;

    /** An export has no train mode, which is one golden's. */
    static Stream<String> names() {
        return TinyCase.names().stream().filter(n -> new Golden("b_tiny/" + n).json().get("mode").asText()
                .equals("eval"));
    }

    @ParameterizedTest
    @MethodSource("names")
    void asTheOriginalAtTheGoldensSize(String name) throws OrtException {
        asTheOriginal(name, OnnxExport.OLDEST_OPSET);
    }

    private void asTheOriginal(String name, int opset) throws OrtException {
        TinyCase golden = TinyCase.read(name);
        JsonNode y = output(golden);
        try (SyntheticWeights weights = weights(golden);
                OnnxPeer peer = OnnxPeer.open(export(golden, weights, opset))) {
            double[] actual = peer.run(channelsFirst(golden.x(), golden.batch(), golden.height(), golden.width()),
                    golden.batch(), golden.height(), golden.width());
            Closeness.assertWithin(golden.folder().npy(y.get("file").asText()).doubles(), actual,
                    y.get("tol_abs").asDouble(), y.get("tol_rms").asDouble(), name + ", opset " + opset);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void asFathomAtOtherSizesAndBatches(String name) throws OrtException {
        TinyCase golden = TinyCase.read(name);
        JsonNode y = output(golden);
        try (SyntheticWeights weights = weights(golden); OnnxPeer peer = OnnxPeer.open(export(golden, weights, 17));
                MemoryScope scope = MemoryScope.open(name); GradMode.Scope off = GradMode.noGrad()) {
            DepthAnythingV2 model = new DepthAnythingV2(golden.config(), golden.head());
            weights.load(model.parameters(), Device.CPU, Memory.COPY);
            for (int[] size : SIZES) {
                for (int n = 1; n <= 2; n++) {
                    int h = size[0];
                    int w = size[1];
                    float[] nhwc = Formula.floats("onnx/" + name + h + "x" + w, 3 * n * h * w, 2, 0);
                    double[] expected = model.forward(TinyRun.tensor(nhwc, Device.CPU, n, h, w, 3)).toDoubles();
                    Closeness.assertWithin(expected, peer.run(channelsFirst(nhwc, n, h, w), n, h, w),
                            y.get("tol_abs").asDouble(), y.get("tol_rms").asDouble(), name + " " + n + "x" + h + "x"
                            + w);
                }
            }
        }
    }

    static IntStream laterOpsets() {
        return IntStream.rangeClosed(OnnxExport.OLDEST_OPSET + 1, OnnxExport.NEWEST_OPSET);
    }

    /** SwiGLU, and batch norm with cls tokens: together with the exact GELU, every operator that there is. */
    @ParameterizedTest
    @MethodSource("laterOpsets")
    void everyOpsetIsReadAndGivesTheSame(int opset) throws OrtException {
        for (String name : List.of("tiny_swiglu_relative", "tiny_bn_cls_eval")) {
            asTheOriginal(name, opset);
        }
    }

    /** The released ViT-S, 518 x 518, with its weights outside: large ones among them, which begin at a page. */
    @Test
    void fullSize() throws OrtException {
        Golden golden = new Golden("c_full/vits_518_metric");
        JsonNode json = golden.json();
        DepthHead head = TinyCase.head(json);
        DepthAnythingV2 model = new DepthAnythingV2(Encoder.VITS.config(), head);
        Path file = folder.resolve("vits.onnx");
        AtomicLong written = new AtomicLong();
        try (SyntheticWeights weights = SyntheticWeights.of(model.parameters())) {
            OnnxExport.Result result = new OnnxExport("vits", Optional.empty(), OnnxExport.OLDEST_OPSET).write(file,
                    model.config(), head, weights.state(), true, written::addAndGet);
            assertEquals(result.weightBytes(), written.get());
            assertEquals(239 - 5, result.weights());
        }
        try (OnnxPeer peer = OnnxPeer.open(file)) {
            JsonNode input = json.get("input");
            float[] x = Formula.floats(input.get("formula").asText(), 3 * 518 * 518, input.get("scale").asDouble(),
                    input.get("offset").asDouble());
            FullSizeGoldenTest.compareOutput(golden, json.get("output"), peer.run(x, 1, 518, 518));
        }
    }

    @Test
    void theGoldensWereFound() {
        assertEquals(9, names().count());
        assertTrue(names().anyMatch(n -> TinyCase.read(n).config().dpt().useBn()));
    }

    private Path export(TinyCase golden, SyntheticWeights weights, int opset) {
        return OnnxPeer.export(folder.resolve(opset + ".onnx"), golden.config(), golden.head(), weights.state(), opset);
    }

    private static SyntheticWeights weights(TinyCase golden) {
        return SyntheticWeights.of(new DepthAnythingV2(golden.config(), golden.head()).parameters());
    }

    private static JsonNode output(TinyCase golden) {
        return golden.json().get("outputs").get(0);
    }

    private static float[] channelsFirst(float[] nhwc, int n, int h, int w) {
        double[] wide = new double[nhwc.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = nhwc[i];
        }
        double[] nchw = TinyCase.channelsFirst(wide, n, 3, h, w);
        float[] out = new float[nchw.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) nchw[i];
        }
        return out;
    }
}
