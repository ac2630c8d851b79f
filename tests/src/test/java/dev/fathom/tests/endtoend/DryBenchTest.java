package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom bench --dry}: counts that were worked out by hand, and the limits that the engine has set itself. */
class DryBenchTest {
    /** Tokens and channels of ViT-S at 518 x 518. */
    private static final long T = 1370;
    private static final long D = 384;

    @TempDir
    private Path folder;

    private JsonNode count(Object... options) throws IOException {
        Path json = folder.resolve("dry.json");
        List<Object> call = new ArrayList<>(List.of("bench", "--dry", "--json", json));
        call.addAll(List.of(options));
        Cli cli = Says.run(call.toArray());
        assertEquals(0, cli.code(), cli.err());
        return new ObjectMapper().readTree(json.toFile());
    }

    private static long convolution(long side, long in, long out, long kernel) {
        return side * side * in * out * kernel * kernel;
    }

    /** Multiply-adds of ViT-S and its decoder for one picture of 518 x 518, layer by layer as in SPEC 1. */
    private static long multiplyAdds() {
        long block = T * D * 3 * D + 2 * T * T * D + T * D * D + 2 * T * D * 4 * D;
        long patches = (T - 1) * D * 14 * 14 * 3;
        long projects = (T - 1) * D * (48 + 96 + 192 + 384);
        long resizes = (T - 1) * (48 * 16 * 48 + 96 * 4 * 96) + convolution(19, 384, 384, 3);
        long levels = convolution(148, 48, 64, 3) + convolution(74, 96, 64, 3) + convolution(37, 192, 64, 3)
                + convolution(19, 384, 64, 3);
        long fusion = 0;
        for (long side : new long[] {19, 37, 74, 148}) {
            fusion += (side == 19 ? 2 : 4) * convolution(side, 64, 64, 3) + convolution(side, 64, 64, 1);
        }
        long head = convolution(296, 64, 32, 3) + convolution(518, 32, 32, 3) + convolution(518, 32, 1, 1);
        return 12 * block + patches + projects + resizes + levels + fusion + head;
    }

    private static JsonNode operation(JsonNode pass, String name) {
        for (JsonNode operation : pass.get("operations")) {
            if (operation.get("name").asText().equals(name)) {
                return operation;
            }
        }
        throw new AssertionError("no " + name + " in " + pass);
    }

    /** The aim: at most 120 launches, at most 1.5 times the bytes that have to move. */
    @Test
    void forwardOfOnePicture() throws IOException {
        JsonNode forward = count().get("forward");
        assertEquals(2 * multiplyAdds(), forward.get("flops").asLong());
        assertTrue(forward.get("launches").asLong() <= 120, forward::toString);
        assertTrue(forward.get("bytes_ratio").asDouble() <= 1.25, forward::toString);
        // Seven operations a block; norms: two a block, and one for all taps.
        assertEquals(24, operation(forward, "linear").get("calls").asLong());
        assertEquals(24, operation(forward, "linear_residual").get("calls").asLong());
        assertEquals(12, operation(forward, "attention").get("calls").asLong());
        assertEquals(24, operation(forward, "layer_norm").get("calls").asLong());
        assertEquals(1, operation(forward, "layer_norm_each").get("calls").asLong());
        // x, weight and bias in, statistics of a row out.
        assertEquals(24 * 4 * (2 * T * D + 2 * D + 2 * T), operation(forward, "layer_norm").get("bytes").asLong());
    }

    @Test
    void halvesMoveLessAndTakeOneLaunchMore() throws IOException {
        JsonNode full = count().get("forward");
        JsonNode half = count("--precision", "fp16").get("forward");
        // The picture is cast; weights have been.
        assertEquals(1, operation(half, "cast").get("calls").asLong());
        assertTrue(half.get("launches").asLong() <= 120, half::toString);
        assertEquals(full.get("flops").asLong(), half.get("flops").asLong());
        // The residual stream stays float32.
        assertTrue(half.get("bytes").asDouble() < 0.65 * full.get("bytes").asDouble(), half::toString);
    }

    @Test
    void stepOfTheLargestBatch() throws IOException {
        JsonNode step = count("--train", "--precision", "fp16", "--batch", 11, "--tflops", 100, "--terabytes", 1)
                .get("step");
        // A product has two in its gradient, but the picture wants none of its own; attention computes its scores anew.
        double forward = 11 * 2.0 * multiplyAdds();
        double again = 11 * 2.0 * 12 * T * T * D;
        double patches = 11 * 2.0 * (T - 1) * D * 588;
        assertEquals(3 * forward + again - patches, step.get("flops").asDouble(), 1);
        assertTrue(step.get("bytes_ratio").asDouble() < 1.55, step::toString);
        assertTrue(step.get("peak_bytes").asLong() > 1L << 30, step::toString);
        double products = operation(step, "attention").get("flops").asDouble();
        assertEquals(products / 100e12, operation(step, "attention").get("seconds").asDouble(), 1e-9);
        double norms = operation(step, "layer_norm").get("bytes").asDouble();
        assertEquals(norms / 1e12, operation(step, "layer_norm").get("seconds").asDouble(), 1e-9);
        assertEquals(1, operation(step, "adamw_").get("calls").asLong());
        assertTrue(step.get("kernels").has("optimiser/adamw_f32"), step::toString);
    }

    @Test
    void severalModelsAndBatches() throws IOException {
        JsonNode runs = count("--encoder", "vits,vitb", "--batch", "1,2").get("runs");
        assertEquals(4, runs.size());
        assertEquals(2 * multiplyAdds(), runs.get(0).get("forward").get("flops").asLong());
        assertEquals(4 * multiplyAdds(), runs.get(1).get("forward").get("flops").asLong());
        assertTrue(runs.get(2).get("forward").get("flops").asLong() > 6 * multiplyAdds());
    }

    /** The largest model takes no memory and no time. */
    @Test
    void whatNobodyHasTheMemoryFor() throws IOException {
        Cli cli = Says.run("bench", "--dry", "--encoder", "vitg", "--batch", 8, "--precision", "bf16");
        assertEquals(0, cli.code(), cli.err());
        for (String part : new String[] {"vitg forward, 8 x 518 x 518, bf16:", " launches by ", " GFLOP of products",
            " MB moved, at least ", " ms at 4.3 TB/s and 790 TFLOP/s (float32 67)", "  attention ", "  kernel "}) {
            assertTrue(cli.out().contains(part), part + " in " + cli.out());
        }
    }

    @Test
    void ceilingsMustBeAboveZero() {
        Cli cli = Says.run("bench", "--dry", "--tflops", 0);
        assertEquals(2, cli.code());
        assertTrue(cli.err().contains("--terabytes, --tflops and --fp32-tflops must be above 0."), cli.err());
    }
}
