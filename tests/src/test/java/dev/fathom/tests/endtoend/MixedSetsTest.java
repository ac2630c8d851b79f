package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Device;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.nn.StateDictLoader.Memory;
import dev.fathom.tests.tools.Cli;
import dev.fathom.training.data.MixedDataset.Part;
import dev.fathom.training.data.MixedDataset;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code fathom train} on several data sets at once. */
class MixedSetsTest {
    @TempDir
    private static Path shared;
    private static Training training;
    private static String a;
    private static String b;
    private static String valB;

    @TempDir
    private Path folder;

    @BeforeAll
    static void prepare() {
        Path weights = Workshop.model(shared.resolve("start.safetensors"), Workshop.METRIC);
        training = new Training(weights, Workshop.rooms(shared.resolve("a"), 0, 4),
                Workshop.rooms(shared.resolve("val-a"), 7, 2));
        a = "nyu-h5:" + training.train();
        b = "nyu-h5:" + Workshop.rooms(shared.resolve("b"), 4, 2);
        valB = "nyu-h5:" + Workshop.rooms(shared.resolve("val-b"), 9, 1);
    }

    private static List<Object> call(Path run, Object... more) {
        List<Object> words = new ArrayList<>(Arrays.asList(training.words(run, "--epochs", 1)));
        int data = words.indexOf("--data");
        words.subList(data, data + 2).clear();
        words.addAll(List.of(more));
        return words;
    }

    private static String wrong(Object... more) {
        return Says.wronglyCalled(call(shared.resolve("none"), more).toArray());
    }

    /** Printed before the first step, kept in about.json, repeated by config.yaml, refused on resuming with others. */
    @Test
    void sharesAreToldKeptAndRepeated() throws IOException {
        Path run = folder.resolve("run");
        Cli cli = Says.run(call(run, "--dataset", a + ",weight=1", "--dataset", b + ",weight=2", "--val", valB).toArray());
        assertEquals(0, cli.code(), cli.err());
        List<String> lines = cli.out().lines().toList();
        assertTrue(cli.out().contains("6 training and 3 validation frames, 3 steps"), cli.out());
        assertTrue(lines.contains(" 33.3 % of an epoch: 2 of 6 places, weight 1, each of 4 frames 0.50 times, " + a),
                cli.out());
        assertTrue(lines.contains(" 66.7 % of an epoch: 4 of 6 places, weight 2, each of 2 frames 2.00 times, " + b),
                cli.out());
        assertTrue(lines.stream().anyMatch(line -> line.matches("  of these 2 images, d1 .*: " + training.val())), cli.out());
        assertTrue(lines.stream().anyMatch(line -> line.matches("  of these 1 images, d1 .*: " + valB)), cli.out());

        JsonNode metrics = new ObjectMapper().readTree(Files.readString(run.resolve("metrics.jsonl")));
        JsonNode first = metrics.at("/by_set").get(training.val().toString());
        JsonNode second = metrics.at("/by_set").get(valB);
        assertEquals(2, first.get("images").asInt());
        assertEquals(1, second.get("images").asInt());
        assertEquals(metrics.get("abs_rel").asDouble(), (2 * first.get("abs_rel").asDouble()
                + second.get("abs_rel").asDouble()) / 3, 1e-12);
        JsonNode set = new ObjectMapper().readTree(run.resolve("about.json").toFile()).at("/data/training/sets/1");
        assertEquals(b, set.get("name").asText());
        assertEquals(4, set.get("frames_an_epoch").asInt());

        assertTrue(Files.readString(run.resolve("report.html")).contains("Epoch 1 on each validation set"));

        Cli again = Says.run("train", "--config", run.resolve("config.yaml"), "--outdir", folder.resolve("again"));
        assertEquals(0, again.code(), again.err());
        Training.assertSameBits(run.resolve("last.safetensors"), folder.resolve("again/last.safetensors"), "again");
        String refusal = Says.failing(call(run, "--dataset", a + ",weight=2", "--dataset", b + ",weight=1", "--val", valB,
                "--resume").toArray());
        assertTrue(refusal.contains("mixture was 4 frames with weight 1.0 and 2 frames with weight 2.0 and is 4 frames with"
                + " weight 2.0 and 2 frames with weight 1.0"), refusal);
        Path both = Workshop.rooms(shared.resolve("both"), 0, 6);
        String one = Says.failing(call(run, "--dataset", "nyu-h5:" + both, "--val", valB, "--resume").toArray());
        assertTrue(one.contains("mixture was 4 frames with weight 1.0 and 2 frames with weight 2.0 and is not set"), one);
    }

    /** Stopped within the second epoch. */
    @Test
    void aResumedMixtureIsTheUninterruptedOne() {
        assertEquals(Trainer.End.FINISHED, train("whole", 0));
        assertEquals(Trainer.End.STOPPED, train("parts", 4));
        assertEquals(Trainer.End.FINISHED, train("parts", 0));
        for (String file : List.of("last.safetensors", "best.safetensors")) {
            Training.assertSameBits(folder.resolve("whole").resolve(file), folder.resolve("parts").resolve(file), file);
        }
    }

    private Trainer.End train(String name, long stopAt) {
        RunFolder run = RunFolder.at(folder.resolve(name));
        TrainOptions options = TrainOptions.article().over(2, 42).with(BatchOptions.article().of(2, 70));
        MixedDataset mixed = new MixedDataset(List.of(new Part("a", NyuHdf5Dataset.open(training.train()), 1),
                new Part("b", NyuHdf5Dataset.open(shared.resolve("b")), 3)));
        Trainer[] held = new Trainer[1];
        TrainListener stopping = new TrainListener() {
            @Override
            public void step(Step step) {
                if (step.step() == stopAt) {
                    held[0].requestStop();
                }
            }
        };
        try (MemoryScope scope = MemoryScope.open("training"); ModelFile file = ModelFile.open(training.weights())) {
            DepthAnythingV2 model = run.canResume() ? new DepthAnythingV2(Workshop.TINY, Workshop.METRIC)
                    : file.load(Workshop.METRIC, Memory.COPY, Device.CPU);
            held[0] = new Trainer(model, mixed, NyuHdf5Dataset.open(training.val()), options, RunPolicy.standard(), run,
                    stopping);
            return (run.canResume() ? held[0].resume(Device.CPU) : held[0].start()).end();
        }
    }

    @Test
    void wrongCalls() {
        assertEquals("--dataset has weight= for 1 of 2 data sets; give it for each, or for none.",
                wrong("--dataset", a + ",weight=2", "--dataset", b));
        assertEquals("--dataset has weight=, but there is one data set only, which gets all of an epoch; leave it out.",
                wrong("--dataset", a + ",weight=2"));
        assertEquals("--dataset names the same data set twice; give each one once.",
                wrong("--dataset", a + ",weight=2", "--dataset", a + ",weight=1"));
        assertEquals("--val has weight=, but every validation frame counts once; leave it out.",
                wrong("--dataset", a, "--val", valB + ",weight=2"));
        assertTrue(wrong("--dataset", a + ",weight=0", "--dataset", b).endsWith(
                "A data set has weight=0: expected a number above 0, such as 2 or 0.5."));
        assertEquals("--dataset is given 2 times, but this command reads one data set; give one.", Says.wronglyCalled(
                "evaluate", "--load-from", training.weights(), "--dataset", a, "--dataset", b));
    }
}
