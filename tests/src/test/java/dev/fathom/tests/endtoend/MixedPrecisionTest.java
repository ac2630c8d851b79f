package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.tests.golden.Npy;
import dev.fathom.tests.tools.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code --precision} of every command that has it. */
class MixedPrecisionTest {
    @TempDir
    private static Path shared;
    private static Training training;
    private static Path wide;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
        wide = shared.resolve("fp32");
        ran(training.words(wide));
    }

    private static Cli ran(Object... words) {
        Cli cli = Says.run(words);
        assertEquals(0, cli.code(), cli.err() + cli.out());
        return cli;
    }

    private static JsonNode lastLine(Path run) throws IOException {
        return new ObjectMapper().readTree(Files.readAllLines(run.resolve("metrics.jsonl")).getLast());
    }

    /**
     * Trains, says so everywhere, and learns what float32 learns: after six steps the losses differ by less than one
     * rounding of a 16-bit number (measured: 0.02 u and 0.004 u).
     */
    @ParameterizedTest
    @CsvSource({"fp16, 0x1p-11", "bf16, 0x1p-8"})
    void trains(String precision, String unit) throws IOException {
        Path run = folder.resolve("run");
        Cli cli = ran(training.words(run, "--precision", precision));
        boolean scaled = precision.equals("fp16");
        List<String> lines = cli.out().lines().toList();
        assertTrue(cli.out().contains(", 6 steps, " + precision + ", run folder "), cli.out());
        assertEquals(scaled ? 2 : 0, lines.stream().filter(l -> l.contains(", loss scale 65536")).count(), cli.out());

        JsonNode log = lastLine(run);
        assertEquals(precision, log.get("precision").asText());
        assertEquals(scaled, log.has("loss_scale"));
        assertEquals(6, log.get("step").asInt());
        double expected = lastLine(wide).get("train_loss").asDouble();
        double relative = Math.abs(log.get("train_loss").asDouble() / expected - 1);
        assertTrue(relative > 0 && relative < Double.parseDouble(unit), "loss off by " + relative);
        for (String file : new String[] {"last.safetensors", "best.safetensors"}) {
            String info = ran("info", run.resolve(file)).out();
            assertTrue(info.contains("fathom.precision = " + precision), info);
            assertTrue(info.contains("float32") && !info.contains("float16"), "weights stay float32: " + info);
        }
        String refusal = Says.failing(training.words(run, "--resume"));
        assertTrue(refusal.contains(" under other conditions: compute.precision was "
                + precision.toUpperCase(Locale.ROOT)
                + " and is FP32; expected the same,"), refusal);
    }

    /** Every step overflows: none is used, all are counted, and nothing but the loss scale has changed. */
    @Test
    void stepsThatOverflowAreLeftOutAndCounted() throws IOException {
        Path run = folder.resolve("run");
        Cli cli = ran(training.words(run, "--precision", "fp16", "--loss-scale", 0x1p60, "--epochs", 1));
        assertTrue(cli.out().contains(", loss scale " + String.format("%.0f", 0x1p57) + ", 3 steps left out"),
                cli.out());
        assertTrue(cli.out().contains("3 steps overflowed in fp16 and were left out"), cli.out());
        JsonNode log = lastLine(run);
        assertEquals(0, log.get("step").asInt());
        assertEquals(3, log.get("overflow_steps").asInt());
        assertEquals(0x1p57, log.get("loss_scale").asDouble());
        Path still = folder.resolve("still");
        ran(training.words(still, "--lr", 0, "--epochs", 1));
        try (CheckpointFile left = CheckpointFile.open(run.resolve("last.safetensors"));
                CheckpointFile kept = CheckpointFile.open(still.resolve("last.safetensors"))) {
            assertFalse(left.tensors().keySet().stream().anyMatch(name -> name.startsWith("optimizer.")));
            left.tensors().forEach((name, tensor) -> assertEquals(-1,
                    tensor.data().mismatch(kept.tensors().get(name).data()), name + " is as it was at the start"));
        }
    }

    /**
     * Depths in 16 bits lie near those in float32, and are float32 numbers. By how much they may differ: two dozen
     * roundings lie between picture and depth, none of which the network amplifies much, so rms 4 u sqrt(24) relative
     * to the depths' deviation is ample (measured: 1.8 u and 2.1 u), and a broken dtype is not that near.
     */
    @ParameterizedTest
    @CsvSource({"fp16, 0x1p-11", "bf16, 0x1p-8"})
    void predictsAndEvaluates(String precision, String unit) throws IOException {
        Path photo = Pictures.colour(folder.resolve("a.png"), 90, 70);
        Path model = wide.resolve("best.safetensors");
        double[][] depth = new double[2][];
        for (int i = 0; i < 2; i++) {
            Path out = folder.resolve("out" + i);
            String asked = i == 0 ? "fp32" : precision;
            Cli cli = ran("predict", "--load-from", model, "--img-path", photo, "--outdir", out, "--input-size", 70,
                    "--save-numpy", "--precision", asked);
            assertEquals(i == 1, cli.out().contains(", " + precision + ", metric"), cli.out());
            String sidecar = Files.readString(out.resolve("a_raw_depth_meter.json"));
            assertEquals(i == 1, sidecar.contains(", " + precision), "the files say it too: " + sidecar);
            depth[i] = Npy.parse(Files.readAllBytes(out.resolve("a_raw_depth_meter.npy"))).doubles();
        }
        double mean = Arrays.stream(depth[0]).average().orElseThrow();
        double squares = 0;
        double off = 0;
        for (int i = 0; i < depth[0].length; i++) {
            squares += (depth[0][i] - mean) * (depth[0][i] - mean);
            off += (depth[1][i] - depth[0][i]) * (depth[1][i] - depth[0][i]);
        }
        double relative = Math.sqrt(off / squares);
        assertTrue(relative > 0 && relative < 4 * Double.parseDouble(unit) * Math.sqrt(24), "rms off by " + relative);

        Path metrics = folder.resolve("metrics");
        Cli cli = ran("evaluate", "--load-from", model, "--data", training.val(), "--input-size", 70, "--precision",
                precision, "--outdir", metrics);
        assertTrue(cli.out().contains(", " + precision + " on "), cli.out());
        JsonNode json = new ObjectMapper().readTree(metrics.resolve("metrics.json").toFile());
        assertEquals(precision, json.get("sources").get(0).get("about").get("precision").asText());
    }

    @Test
    void benchNamesIt() {
        Cli cli = ran("bench", "--input-size", 14, "--runs", 1, "--precision", "bf16");
        assertTrue(cli.out().contains("vits forward, 1 x 14 x 14, bf16: median "), cli.out());
    }

    @Test
    void whatThereIsNot() {
        String wrong = Says.wronglyCalled(training.words(folder.resolve("run"), "--precision", "fp8"));
        assertTrue(wrong.contains("--precision") && wrong.contains("fp8"), wrong);
        assertEquals("--loss-scale is 1000.0, but must be a power of two, 1 or more.",
                Says.wronglyCalled(training.words(folder.resolve("run"), "--loss-scale", 1000)));
    }
}
