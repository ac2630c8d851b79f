package dev.fathom.tests.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Device;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthEstimator;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.image.ByteMap;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.models.image.PictureReader;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.tests.golden.Closeness;
import dev.fathom.tests.golden.Golden;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code infer_image} end to end: from a PNG file to a depth map of its size, and to the picture that the original
 * shows.
 */
class InferImageGoldenTest {
    private static final Golden FOLDER = new Golden("e_pre/infer_image");

    static IntStream runs() {
        return IntStream.range(0, FOLDER.json().get("runs").size());
    }

    @ParameterizedTest
    @MethodSource("runs")
    void fromFileToDepth(int index) {
        JsonNode run = FOLDER.json().get("runs").get(index);
        Picture picture = PictureReader.read(FOLDER.path(run.get("image").asText()));
        DepthMap depth = estimate(run, picture);
        assertEquals(run.get("shape").get(0).asInt(), depth.height());
        assertEquals(run.get("shape").get(1).asInt(), depth.width());
        double[] actual = IntStream.range(0, depth.values().length).mapToDouble(i -> depth.values()[i]).toArray();
        Closeness.assertWithin(FOLDER.npy(run.get("file").asText()).doubles(), actual, run.get("tol_abs").asDouble(),
                run.get("tol_rms").asDouble(), run.get("file").asText());
        for (JsonNode vis : FOLDER.json().get("visualisation")) {
            if (vis.get("from_npy").asText().equals(run.get("file").asText())) {
                compareColours(vis, depth);
            }
        }
    }

    private static DepthMap estimate(JsonNode run, Picture picture) {
        ModelConfig config = run.get("encoder").asText().equals("tiny") ? TinyCase.config(run.get("model"))
                : Encoder.of(run.get("encoder").asText()).config();
        DepthAnythingV2 model = new DepthAnythingV2(config, TinyCase.head(run));
        DepthEstimator estimator = new DepthEstimator(model, run.get("input_size").asInt());
        NetworkSize size = estimator.networkSize(picture);
        assertEquals(run.get("net_input").get(2).asInt(), size.height());
        assertEquals(run.get("net_input").get(3).asInt(), size.width());
        try (MemoryScope scope = MemoryScope.open("infer_image");
                SyntheticWeights weights = SyntheticWeights.of(model.parameters())) {
            weights.load(model.parameters(), Device.CPU, Memory.MAP);
            return estimator.estimate(picture);
        }
    }

    /**
     * The original truncates to bytes, so a depth that is off by a rounding may fall into the byte below or above; the
     * tables are exact ({@code PaletteTest} compares them, and these pictures, from the stored depth). Every pixel must
     * be one that its byte allows.
     */
    private static void compareColours(JsonNode vis, DepthMap depth) {
        byte[] levels = ByteMap.of(depth.values());
        Picture gray = PictureReader.read(FOLDER.path("vis_gray.png"));
        Picture expected = PictureReader.read(FOLDER.path(vis.get("file").asText()));
        Picture actual = Palette.named(vis.get("colormap").asText()).apply(levels, depth.width(), depth.height());
        int moved = 0;
        for (int i = 0; i < levels.length; i++) {
            int level = gray.rgb()[3 * i] & 0xFF;
            int off = Math.abs((levels[i] & 0xFF) - level);
            assertTrue(off <= 1, "pixel " + i + " is at level " + (levels[i] & 0xFF) + ", expected " + level);
            moved += off;
            for (int c = 0; c < 3 && off == 0; c++) {
                assertEquals(expected.rgb()[3 * i + c], actual.rgb()[3 * i + c], vis.get("file").asText() + ", pixel "
                        + i);
            }
        }
        assertTrue(moved < levels.length / 200, moved + " of " + levels.length + " pixels fall into another byte");
    }
}
