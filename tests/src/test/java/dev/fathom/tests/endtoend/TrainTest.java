package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.checkpoint.CheckpointFile;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.metrics.DepthMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code fathom train}: the files of a run, its words, its options. */
class TrainTest {
    @TempDir
    private static Path shared;
    private static Training training;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
    }

    private Path run() {
        return folder.resolve("run");
    }

    private static Cli trained(Object... words) {
        Cli cli = Says.run(words);
        assertEquals(0, cli.code(), cli.err() + cli.out());
        return cli;
    }

    private static List<JsonNode> log(Path run) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    private static JsonNode metadata(Path file, String key) throws IOException {
        try (CheckpointFile last = CheckpointFile.open(file)) {
            return new ObjectMapper().readTree(last.metadata().get(key));
        }
    }

    @Test
    void aRunLeavesLastBestAndALineAnEpoch() throws IOException {
        Cli cli = trained(training.words(run()));
        List<String> lines = cli.out().lines().toList();
        assertEquals(6, lines.size(), cli.out());
        assertTrue(lines.get(0).startsWith("computing on "), lines.get(0));
        assertTrue(lines.get(1).startsWith("memory: about "), lines.get(1));
        assertEquals("7 training and 2 validation frames, 6 steps, fp32, run folder " + run(), lines.get(2));
        assertTrue(lines.get(3).matches("epoch 1 of 2: loss \\d\\.\\d{4}, d1 0\\.\\d{4}, d2 .*, abs_rel .*, mae"
                + " \\d\\.\\d{4} \\(best\\)"),
                lines.get(3));
        assertTrue(lines.get(4).startsWith("epoch 2 of 2: loss "), lines.get(4));
        assertTrue(lines.get(5).matches("done: best abs_rel \\d\\.\\d{4} in epoch [12], .*best\\.safetensors"),
                lines.get(5));
        assertEquals("", cli.err(), "away from a terminal there are these lines and nothing else");

        assertEquals(Training.RUN_FILES, Workshop.files(run()));
        String page = Files.readString(run().resolve("report.html"));
        assertTrue(page.contains(lines.get(5).replaceFirst("done: best (abs_rel \\S+ in epoch .).*", "Best $1 of 2")),
                "the page says what the last line says: " + lines.get(5));
        assertTrue(page.contains("Training loss") && page.contains("6 steps"), "and has what the steps told");
        List<JsonNode> log = log(run());
        assertEquals(2, log.size());
        for (int epoch = 0; epoch < 2; epoch++) {
            assertEquals(epoch, log.get(epoch).get("epoch").asInt());
            assertEquals(3 * (epoch + 1), log.get(epoch).get("step").asInt());
            assertTrue(log.get(epoch).get("train_loss").isDouble());
            assertEquals(2, log.get(epoch).get("images").asInt());
            for (DepthMetric metric : DepthMetric.values()) {
                assertTrue(log.get(epoch).get(metric.key()).isDouble(), metric.key());
            }
        }
        try (ModelFile best = ModelFile.open(run().resolve("best.safetensors"))) {
            assertEquals(Workshop.TINY, best.config());
            assertEquals(Optional.of(Workshop.METRIC), best.declaredHead());
        }
    }

    /** What was trained can be used at once, and nobody has to say what it is. */
    @Test
    void bestAndLastAreModels() {
        trained(training.words(run(), "--epochs", 1));
        Path photo = Pictures.colour(folder.resolve("a.png"), 30, 20);
        for (String file : new String[] {"best.safetensors", "last.safetensors"}) {
            Cli cli = trained("predict", "--load-from", run().resolve(file), "--img-path", photo, "--outdir",
                    folder.resolve("out"), "--input-size",
                    70);
            assertTrue(cli.out().contains("metric (metres, larger is farther)"), cli.out());
        }
        Path converted = folder.resolve("model.h5");
        assertTrue(trained("convert", run().resolve("last.safetensors"),
                converted).out().contains("that are not weights left out"));
        try (CheckpointFile model = CheckpointFile.open(converted)) {
            assertTrue(model.tensors().containsKey("pretrained.cls_token"), "plain names: " + model.tensors().keySet());
        }
        String best = trained("info", run().resolve("best.safetensors")).out();
        String last = trained("info", run().resolve("last.safetensors")).out();
        assertTrue(last.contains("metric, up to 10.0 m") && last.contains("that are not weights"), last);
        for (String fact : new String[] {"  tensors ", "  parameters "}) {
            assertEquals(line(best, fact), line(last, fact), "the moments are no parameters");
        }
    }

    private static String line(String text, String start) {
        return text.lines().filter(l -> l.startsWith(start)).findFirst().orElseThrow();
    }

    /** 7.3 has no exact float32: what the file declares is what was typed, or repeating it would be a contradiction. */
    @Test
    void theLargestDepthIsKeptToTheDigit() {
        trained(training.words(run(), "--epochs", 1, "--max-depth", 7.3));
        Path photo = Pictures.colour(folder.resolve("a.png"), 30, 20);
        assertTrue(trained("info", run().resolve("best.safetensors")).out().contains("metric, up to 7.3 m"));
        trained("predict", "--load-from", run().resolve("best.safetensors"), "--max-depth", 7.3, "--img-path", photo,
                "--outdir", folder.resolve("out"), "--input-size", 70);
    }

    @Test
    void theEncoderComesFromTheFileAndTheDecoderIsFreshUnlessAskedOtherwise() throws IOException {
        try (ModelFile start = ModelFile.open(training.weights())) {
            for (String init : new String[] {"encoder", "full"}) {
                Path run = folder.resolve(init);
                trained(training.words(run, "--epochs", 1, "--init", init, "--lr", 0));
                try (ModelFile best = ModelFile.open(run.resolve("best.safetensors"))) {
                    for (String name : new String[] {"pretrained.blocks.2.mlp.fc1.weight",
                            "depth_head.scratch.refinenet2.out_conv.weight"}) {
                        boolean kept = init.equals("full") || name.startsWith("pretrained.");
                        boolean same = start.state().get(name).data().mismatch(best.state().get(name).data()) < 0;
                        assertEquals(kept, same, "--init " + init + ": " + name);
                    }
                }
            }
        }
    }

    @Test
    void theSwitchesOfAugmentationAreSwitches() throws IOException {
        trained(training.words(run(), "--epochs", 1, "--no-flip", "--no-jitter", "--no-noise"));
        JsonNode off = metadata(run().resolve("last.safetensors"), "fathom.run").get("options").get("batch")
                .get("augmentation");
        assertEquals(0, off.get("flipProbability").asDouble() + off.get("jitterProbability").asDouble()
                + off.get("noiseProbability").asDouble());
        Path other = folder.resolve("other");
        trained(training.words(other, "--epochs", 1, "--jitter"));
        JsonNode on = metadata(other.resolve("last.safetensors"), "fathom.run").get("options").get("batch")
                .get("augmentation");
        assertEquals(1.5, on.get("flipProbability").asDouble() + on.get("jitterProbability").asDouble()
                + on.get("noiseProbability").asDouble());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cosine", "POLY", "one-cycle", "constant"})
    void everyScheduleTrains(String schedule) {
        trained(training.words(run(), "--epochs", 1, "--schedule", schedule));
    }

    /** A finished run that is resumed has nothing to do, and a run is never begun over another by accident. */
    @Test
    void aFinishedRunStaysAsItIs() throws IOException {
        trained(training.words(run(), "--epochs", 1));
        byte[] last = Files.readAllBytes(run().resolve("last.safetensors"));
        byte[] log = Files.readAllBytes(run().resolve("metrics.jsonl"));
        assertEquals(run().resolve("last.safetensors")
                + " is there already; add --resume to go on with that run, or choose another --outdir.",
                Says.failing(training.words(run(), "--epochs", 1)));
        assertTrue(trained(training.words(run(), "--epochs", 1, "--resume")).out().contains("done: best abs_rel "));
        assertEquals(-1, Arrays.mismatch(last, Files.readAllBytes(run().resolve("last.safetensors"))));
        assertEquals(-1, Arrays.mismatch(log, Files.readAllBytes(run().resolve("metrics.jsonl"))));
    }

    /** Frames without a single depth teach nothing: they are counted and named, and nothing becomes NaN. */
    @Test
    void framesWithoutDepthAreCountedAndNeverBecomeNaN() throws IOException {
        Path holes = Files.createDirectories(folder.resolve("holes"));
        for (int i = 0; i < 4; i++) {
            Workshop.frame(holes.resolve("empty" + i + ".h5"), 0);
        }
        Workshop.rooms(holes, 0, 2);
        Path val = Workshop.rooms(folder.resolve("val"), 8, 1);
        Workshop.frame(val.resolve("a_hole.h5"), 0);
        Cli cli = trained(training.words(run(), "--data", holes, "--val", val, "--bs", 1));
        assertEquals(8, cli.out().lines().filter(l -> l.startsWith("left out a batch without a single valid depth: ")
                && l.contains("empty"))
                .count(), cli.out());
        assertTrue(cli.out().contains("1 images without depth left out"), cli.out());
        assertTrue(cli.out().contains("8 crops had no depth in range and taught nothing (8 batches left out)"),
                cli.out());
        assertFalse(cli.out().contains("NaN"), cli.out());
        JsonNode line = log(run()).get(1);
        assertEquals(8, line.get("skipped_batches").asInt());
        assertEquals(1, line.get("skipped").asInt());
        assertEquals(4, line.get("step").asInt(), "two frames with depth in two epochs");
        assertTrue(line.get("train_loss").isDouble() && line.get("abs_rel").isDouble(), line.toString());
    }

    @Test
    void nothingButHolesIsRefused() throws IOException {
        Path holes = Files.createDirectories(folder.resolve("holes"));
        Workshop.frame(holes.resolve("a.h5"), 0);
        Workshop.frame(holes.resolve("b.h5"), 12);
        assertEquals("None of the 2 validation frames has 10 pixels with a depth from 0.001 to 10.0 m, so no epoch"
                + " could be judged; check --val,"
                + " --max-depth, and that depths are in metres.", Says.failing(training.words(run(), "--val", holes)));
        assertEquals("No batch of epoch 1 has a pixel with a depth from 0.001 to 10.0 m, so there is nothing to learn;"
                + " check --data, --max-depth,"
                + " and that depths are in metres.", Says.failing(training.words(run(), "--data", holes)));
        assertFalse(Files.exists(run().resolve("last.safetensors")) || Files.exists(run().resolve("best.safetensors")));
    }
}
