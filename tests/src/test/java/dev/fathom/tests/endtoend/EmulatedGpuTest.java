package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.tests.golden.Closeness;
import dev.fathom.tests.golden.Npy;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands with {@code --device emulated}: the GPU backend, its graphs and its kernels, from the command line to files. */
class EmulatedGpuTest {
    @TempDir
    private Path folder;

    private static Cli done(Object... words) {
        Cli cli = Says.run(words);
        assertEquals(0, cli.code(), cli.err() + cli.out());
        return cli;
    }

    private double[] depth(Path weights, Path photos, String device, String precision) throws IOException {
        Path out = folder.resolve(device + precision);
        Cli cli = done("predict", "--load-from", weights, "--img-path", photos, "--outdir", out, "--input-size", 28,
                "--save-numpy", "--device", device, "--precision", precision);
        assertTrue(cli.out().startsWith("computing on " + device), cli.out());
        return Npy.parse(Files.readAllBytes(out.resolve("c_raw_depth_meter.npy"))).doubles();
    }

    /** Three photos of one size: the first runs as it is, the second is captured as a graph, the third replays it. */
    @Test
    void predictionsAreTheProcessors() throws IOException {
        Path weights = Workshop.model(folder.resolve("metric.safetensors"), Workshop.METRIC);
        Path photos = Files.createDirectory(folder.resolve("photos"));
        for (String name : new String[] {"a", "b"}) {
            Pictures.gray(photos.resolve(name + ".png"), 36, 36);
        }
        Pictures.colour(photos.resolve("c.png"), 36, 36);
        double[] cpu = depth(weights, photos, "cpu", "fp32");
        // Depths up to 10 m, sums of some hundred terms: a few units in the last place of 10 (1e-6) each.
        Closeness.assertWithin(cpu, depth(weights, photos, "emulated", "fp32"), 2e-5, 1e-5, "depth in float32");
        // Every activation is rounded to 8 bits on both sides, at other places: some roundings (0.4 % each) of 10 m.
        Closeness.assertWithin(depth(weights, photos, "cpu", "bf16"), depth(weights, photos, "emulated", "bf16"),
                0.2, 0.05, "depth in bfloat16");
    }

    /** float16 with its loss scale; the second step replays the captured one. */
    @Test
    void aRunOnTheGpuIsTheRunOnTheProcessor() throws IOException {
        Path weights = Workshop.model(folder.resolve("start.safetensors"), Workshop.METRIC);
        Path train = Workshop.rooms(folder.resolve("train"), 0, 6);
        Path val = Workshop.rooms(folder.resolve("val"), 6, 1);
        JsonNode[] last = new JsonNode[2];
        for (int k = 0; k < 2; k++) {
            String device = k == 0 ? "cpu" : "emulated";
            Path run = folder.resolve("run-" + device);
            Cli cli = done("train", "--data", train, "--val", val, "--load-from", weights, "--init", "full",
                    "--max-depth", 10, "--outdir", run, "--bs", 2, "--img-size", 28, "--lr", "1e-4", "--epochs", 1,
                    "--warmup-epochs", 0, "--precision", "fp16", "--device", device);
            assertTrue(cli.out().contains("computing on " + device), cli.out());
            last[k] = new ObjectMapper().readTree(Files.readAllLines(run.resolve("metrics.jsonl")).getLast());
        }
        assertEquals(3, last[1].get("step").asInt());
        double loss = last[0].get("train_loss").asDouble();
        // Activations are rounded to 11 bits (0.05 %) at the same places, in sums of another order.
        assertEquals(loss, last[1].get("train_loss").asDouble(), 5e-3 * loss);
        assertEquals(last[0].get("abs_rel").asDouble(), last[1].get("abs_rel").asDouble(), 0.01);
    }
}
