package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Device;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.dinov2.DinoVisionTransformer.Tap;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.nn.checkpoint.CheckpointTensor;
import dev.fathom.tests.golden.Closeness;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The released sizes against the original PyTorch code, in float32 on the cpu: the depth map, the four taps, and the
 * path through every block and stage of the decoder ({@link StageTrace}).
 */
public class FullSizeGoldenTest {

    @ParameterizedTest
    @EnumSource(Encoder.class)
    void parametersHaveTheOriginalNamesAndShapesInTheOriginalOrder(Encoder encoder) {
        String table = new String(new Golden("params").bytes(encoder.id() + ".tsv"), StandardCharsets.UTF_8);
        String expected = table.lines().skip(1).map(row -> row.split("\t")).map(c -> c[0] + " " + c[1])
                .collect(Collectors.joining("\n"));
        String actual = new DepthAnythingV2(encoder.config(), new DepthHead.Relative()).parameters().all().stream()
                .map(p -> p.name() + " " + Arrays.stream(p.torchShape().toArray()).mapToObj(Integer::toString)
                        .collect(Collectors.joining("x")))
                .collect(Collectors.joining("\n"));
        assertEquals(expected, actual);
    }

    @ParameterizedTest
    @ValueSource(strings = {"vits_252_metric", "vits_252_relative", "vits_196x266_metric80", "vits_518_metric",
        "vitb_140_metric", "vitl_70_metric"})
    void onCpu(String name) {
        run(name, Device.CPU);
    }

    /** 1.26 thousand million parameters: 5 GB of weights. */
    @Test
    @Tag("large")
    void giantOnCpu() {
        run("vitg_28_relative", Device.CPU);
    }

    /** On any device that computes in float32. */
    public static void run(String name, Device device) {
        Golden folder = new Golden("c_full/" + name);
        JsonNode json = folder.json();
        DepthAnythingV2 model = new DepthAnythingV2(Encoder.of(json.get("encoder").asText()).config(),
                TinyCase.head(json));
        assertEquals(json.get("n_params").asLong(), model.parameters().parameterCount(), "number of parameters");
        try (MemoryScope scope = MemoryScope.open(name); GradMode.Scope off = GradMode.noGrad();
                SyntheticWeights weights = SyntheticWeights.of(model.parameters())) {
            weights.state().values().forEach(t -> checkParameter(json.get("param_check").get(t.name()), t));
            weights.load(model.parameters(), device, device.isHost() ? Memory.MAP : Memory.COPY);
            Tensor x = input(json.get("input")).to(device);
            compareTaps(json.get("features"), model.encode(x, true));
            try (StageTrace trace = StageTrace.watch(json.get("trace"), model.head().scale())) {
                double[] y = model.forward(x).toDoubles();
                trace.assertAllFound();
                compareOutput(folder, json.get("output"), y);
            }
        }
        HostAllocator.shared().trim();
    }

    private static Tensor input(JsonNode json) {
        int[] shape = TinyCase.ints(json.get("shape")).stream().mapToInt(Integer::intValue).toArray();
        float[] nchw = Formula.floats(json.get("formula").asText(), shape[1] * shape[2] * shape[3],
                json.get("scale").asDouble(),
                json.get("offset").asDouble());
        return Tensors.of(TinyCase.channelsLast(nchw, 1, 3, shape[2], shape[3]), 1, shape[2], shape[3], 3);
    }

    static void compareOutput(Golden folder, JsonNode output, double[] y) {
        double[] expected = folder.npy(output.get("file").asText()).doubles();
        Closeness.assertWithin(expected, y, output.get("tol_abs").asDouble(), output.get("tol_rms").asDouble(),
                "depth");
        Summary.bins(output.get("bins64"), y, output.get("tol_rms").asDouble(), "depth");
    }

    private static void compareTaps(JsonNode features, List<Tap> taps) {
        for (int j = 0; j < 4; j++) {
            JsonNode f = features.get(j);
            String what = "tap after block " + f.get("layer").asInt();
            double[] patches = taps.get(j).patches().toDoubles();
            double tolAbs = f.get("patch_tol").get("tol_abs").asDouble();
            double tolRms = f.get("patch_tol").get("tol_rms").asDouble();
            assertArrayEquals(TinyCase.ints(f.get("patch_shape")).toArray(),
                    Arrays.stream(taps.get(j).patches().shape().toArray())
                    .boxed().toArray(), what + ": shape");
            Summary.assertClose(f.get("patch"), patches, tolAbs, tolRms, what + ", patches");
            Summary.bins(f.get("patch_bins64"), patches, tolRms, what + ", patches");
            // The case gives no limits for the cls token; these are its own rule, ten and six times PyTorch's float32
            // error.
            JsonNode error = f.get("cls_torch32_error");
            Summary.assertClose(f.get("cls"), taps.get(j).cls().toDoubles(), 10 * error.get("max_abs").asDouble(),
                    6 * error.get("rms").asDouble(), what + ", cls");
        }
    }

    /** Weights that differ from the original's would make the rest meaningless. */
    private static void checkParameter(JsonNode expected, CheckpointTensor parameter) {
        float[] values = parameter.toFloats();
        double sum = 0;
        for (float v : values) {
            sum += v;
        }
        for (int i = 0; i < expected.get("first").size(); i++) {
            assertEquals(expected.get("first").get(i).asDouble(), values[i], parameter.name() + ": element " + i);
        }
        assertEquals(expected.get("sum").asDouble(), sum, 1e-12 * values.length + 1e-9, parameter.name() + ": sum");
    }
}
