package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Device;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.OptimOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.probe.LrCurve;
import dev.fathom.training.probe.LrRangeTest;
import dev.fathom.training.trainer.RunPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom train --overfit-one-batch} and {@code --lr-find}: what they say, and that no run notices them. */
class TryingOutTest {
    @TempDir
    private static Path shared;
    private static Training training;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        training = Training.in(shared);
    }

    private Cli said(int code, Object... more) {
        Cli cli = Says.run(training.words(folder.resolve("run"), more));
        assertEquals(code, cli.code(), cli.err() + cli.out());
        return cli;
    }

    @Test
    void oneBatchIsLearntByHeart() {
        String out = said(0, "--lr", "5e-4", "--overfit-one-batch", 20).out();
        assertTrue(out.contains("one batch of 2, 20 steps at lr 5.0e-04 / 5.0e-03\nstep    1: loss "), out);
        assertEquals(11, out.lines().filter(line -> line.startsWith("step ")).count(), out);
        assertTrue(out.strip().matches("(?s).*the loss fell from \\d\\.\\d{4} to \\d\\.\\d{4}, as it should: model, data"
                + " and loss work together"), out);
        assertFalse(Files.exists(folder.resolve("run")), "nothing is written");
    }

    /** With a rate of 0 the losses show that the batch is one and the same: its loss never changes a bit. */
    @Test
    void aLossThatDoesNotFallIsAFailure() {
        Cli cli = said(1, "--lr", 0, "--overfit-one-batch", 4);
        assertEquals(1, cli.out().lines().filter(l -> l.startsWith("step ")).map(l -> l.substring(10)).distinct().count(),
                cli.out());
        assertTrue(cli.err().matches("(?s)The loss went from (\\d\\.\\d{4}) to \\1, so nothing is learnt even from one"
                + " batch; expected it to fall by half at least: try a larger --lr \\(--lr-find suggests one\\), then look"
                + " at the unit and the holes of the depths, --max-depth, and what is frozen\\.\\s*"), cli.err());
        assertTrue(said(1, "--lr", "1e-5", "--overfit-one-batch", 10).err().startsWith("The loss "));
    }

    @Test
    void theSuggestionIsPrintedDrawnAndWritten() throws IOException {
        Path run = folder.resolve("run");
        String out = said(0, "--lr-find", "--lr-find-from", "1e-5", "--lr-find-to", "1e-2", "--lr-find-steps", 30).out();
        assertTrue(out.contains("step    1: lr 1.00e-05, loss "), out);
        assertTrue(out.contains("curve in " + run.resolve("lr-find.html") + ", numbers in "
                + run.resolve("lr-find.json")), out);
        JsonNode facts = new ObjectMapper().readTree(run.resolve("lr-find.json").toFile());
        assertEquals(30, facts.get("planned_steps").asInt());
        int taken = facts.get("losses").size();
        assertTrue(taken > 10 && facts.get("learning_rates").size() == taken && facts.get("smoothed").size() == taken);
        assertEquals(1e-5, facts.get("learning_rates").get(0).asDouble());
        String page = Files.readString(run.resolve("lr-find.html"));
        assertTrue(page.contains("Loss while the rate grows"), page);
        if (!facts.get("valley").isNull()) {
            assertTrue(out.contains(String.format("suggested --lr %.1e", facts.get("valley").asDouble())), out);
            assertTrue(page.contains(">valley"), page);
        }
        assertTrue(out.contains(facts.get("verdict").asText()), out);
        assertEquals(2, Workshop.files(run).size(), "no other file");
    }

    /** In the folder of a run, an experiment changes no file of the run. */
    @Test
    void anExistingRunIsNotTouched() throws IOException {
        said(0, "--epochs", 1);
        Map<String, Long> before = checksums();
        said(1, "--lr", 0, "--overfit-one-batch", 2);
        assertEquals(before, checksums());
        said(0, "--lr-find", "--lr-find-steps", 20);
        Map<String, Long> after = checksums();
        assertTrue(after.keySet().removeAll(Set.of("lr-find.html", "lr-find.json")));
        assertEquals(before, after);
    }

    private Map<String, Long> checksums() throws IOException {
        Map<String, Long> sums = new TreeMap<>();
        for (String name : Workshop.files(folder.resolve("run"))) {
            Path file = folder.resolve("run").resolve(name);
            if (Files.isRegularFile(file)) {
                CRC32C crc = new CRC32C();
                crc.update(Files.readAllBytes(file));
                sums.put(name, crc.getValue());
            }
        }
        return sums;
    }

    /** Rates that explode end the test early, and the weights are the ones before it, to the bit. */
    @Test
    void theTestLeavesWeightsAsTheyWere() {
        TrainOptions options = TrainOptions.article().over(1, 42).with(BatchOptions.article().of(2, 70))
                .with(OptimOptions.article());
        try (MemoryScope scope = MemoryScope.open("test"); ModelFile file = ModelFile.open(training.weights())) {
            DepthAnythingV2 model = file.load(Workshop.METRIC, Memory.COPY, Device.CPU);
            Map<String, float[]> before = values(model);
            int[] steps = new int[1];
            boolean[] moved = new boolean[1];
            LrCurve curve = new LrRangeTest(1e-6, 1e6, 40).run(model, NyuHdf5Dataset.open(training.train()), options,
                    RunPolicy.standard(), (step, rate, loss) -> {
                        steps[0]++;
                        moved[0] |= !Arrays.equals(before.get("pretrained.norm.weight"),
                                values(model).get("pretrained.norm.weight"));
                    });
            assertTrue(moved[0], "there were real steps");
            assertTrue(curve.losses().length < 40 || curve.losses().length == steps[0]);
            Map<String, float[]> after = values(model);
            before.forEach((name, value) -> assertArrayEquals(value, after.get(name), name));
            assertFalse(model.parameters().isTraining());
        }
    }

    private static Map<String, float[]> values(DepthAnythingV2 model) {
        Map<String, float[]> values = new LinkedHashMap<>();
        for (Parameter p : model.parameters().all()) {
            values.put(p.name(), p.tensor().toFloats());
        }
        return values;
    }
}
