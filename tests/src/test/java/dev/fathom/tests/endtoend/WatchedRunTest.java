package dev.fathom.tests.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Device;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelFile;
import dev.fathom.tests.tools.Cli;
import dev.fathom.tests.watch.EventRecords.Event;
import dev.fathom.tests.watch.EventRecords;
import dev.fathom.tests.watch.Wire;
import dev.fathom.tools.train.RunWatch;
import dev.fathom.training.data.NyuHdf5Dataset;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.options.BatchOptions;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.state.RunFolder;
import dev.fathom.training.trainer.RunPolicy;
import dev.fathom.training.trainer.TrainListener;
import dev.fathom.training.trainer.Trainer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run leaves to look at: logs, event files as another program reads them, panels; also of a run that goes on. */
class WatchedRunTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private static Path shared;
    private static Training training;
    /** By the command, 2 epochs of 3 steps, histograms every second step. */
    private static Path run;

    @TempDir
    private Path folder;

    @BeforeAll
    static void train() {
        training = Training.in(shared);
        run = shared.resolve("run");
        Cli cli = Says.run(training.watched(run, "--histogram-every", 2));
        assertEquals(0, cli.code(), cli.err() + cli.out());
    }

    private static List<JsonNode> log(Path folder, String name) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve(name))) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    @Test
    void everyStepHasALine() throws IOException {
        List<JsonNode> steps = log(run, "steps.jsonl");
        assertEquals(6, steps.size());
        for (int i = 0; i < 6; i++) {
            JsonNode s = steps.get(i);
            assertEquals(List.of(i + 1, i / 3, i % 3, 3, 2), List.of(s.get("step").asInt(), s.get("epoch").asInt(),
                    s.get("batch").asInt(), s.get("batches").asInt(), s.get("images").asInt()), s.toString());
            assertTrue(s.get("loss").asDouble() > 0 && s.get("grad_norm").asDouble() > 0
                    && s.get("seconds").asDouble() > s.get("wait_seconds").asDouble()
                    && s.get("applied").asBoolean() && s.get("tensor_peak_bytes").asLong() > 0
                    && s.get("time").asDouble() > 1.7e9, s.toString());
            assertEquals(10 * s.get("lr").asDouble(), s.get("head_lr").asDouble(), 1e-15);
        }
    }

    @Test
    void everyValidatedImageHasALine() throws IOException {
        List<JsonNode> images = log(run, "validation.jsonl");
        List<JsonNode> epochs = log(run, "metrics.jsonl");
        assertEquals(4, images.size());
        for (int epoch = 0; epoch < 2; epoch++) {
            JsonNode a = images.get(2 * epoch);
            JsonNode b = images.get(2 * epoch + 1);
            assertEquals(List.of(epoch, 0, epoch, 1), List.of(a.get("epoch").asInt(), a.get("index").asInt(),
                    b.get("epoch").asInt(), b.get("index").asInt()));
            for (DepthMetric metric : DepthMetric.values()) {
                assertEquals(epochs.get(epoch).get(metric.key()).asDouble(),
                        (a.get(metric.key()).asDouble() + b.get(metric.key()).asDouble()) / 2, 1e-12, metric.key());
            }
            JsonNode byDepth = epochs.get(epoch).get("by_depth");
            long pixels = 0;
            for (JsonNode count : byDepth.get("pixels")) {
                pixels += count.asLong();
            }
            assertEquals(a.get("pixels").asLong() + b.get("pixels").asLong(), pixels);
            assertEquals(21, byDepth.get("edges").size());
        }
    }

    @Test
    void eventFilesSayWhatTheLogsSay() throws IOException {
        List<Path> files = EventRecords.files(run);
        assertEquals(1, files.size());
        assertTrue(files.getFirst().getFileName().toString().matches("events\\.out\\.tfevents\\.\\d{10}\\..+"),
                files.toString());
        List<Event> events = EventRecords.read(files.getFirst());
        assertTrue(events.getFirst().isVersion() && events.getFirst().wire().text(3).equals("brain.Event:2"));
        assertTrue(events.get(1).isStart() && events.get(1).step() == 0);
        for (JsonNode s : log(run, "steps.jsonl")) {
            assertScalar("train/loss", s, "loss");
            assertScalar("train/grad_norm", s, "grad_norm");
            assertScalar("lr/encoder", s, "lr");
            assertScalar("lr/decoder", s, "head_lr");
        }
        for (JsonNode e : log(run, "metrics.jsonl")) {
            for (DepthMetric metric : DepthMetric.values()) {
                assertScalar("val/" + metric.key(), e, metric.key());
            }
            assertScalar("train/epoch_loss", e, "train_loss");
        }
        for (String tag : List.of("speed/images_per_s", "speed/data_wait", "memory/tensors_peak_MB")) {
            assertEquals(6, EventRecords.series(run, tag).size(), tag);
        }
    }

    private static void assertScalar(String tag, JsonNode line, String field) throws IOException {
        Wire value = EventRecords.series(run, tag).get(line.get("step").asLong());
        assertEquals((float) line.get(field).asDouble(), value.real(2), tag + " at " + line.get("step"));
    }

    @Test
    void gradientsAreCountedEverySecondStep() throws IOException {
        long elements = 0;
        Set<String> tags = new TreeSet<>();
        for (Event event : EventRecords.read(EventRecords.files(run).getFirst())) {
            for (Wire value : event.values()) {
                if (value.text(1).startsWith("gradients/")) {
                    tags.add(value.text(1));
                    assertEquals(1, event.step() % 2, "steps 1, 3, 5");
                    elements += event.step() == 1 ? (long) value.message(5).real64(3) : 0;
                }
            }
        }
        assertTrue(tags.contains("gradients/encoder/block_02") && tags.contains("gradients/decoder/refinenet1"),
                tags.toString());
        // The norm of all gradients, from the histograms' sums of squares.
        for (JsonNode s : log(run, "steps.jsonl")) {
            if (s.get("step").asInt() % 2 == 1) {
                double squares = 0;
                for (String tag : tags) {
                    squares += EventRecords.series(run, tag).get(s.get("step").asLong()).message(5).real64(5);
                }
                assertEquals(s.get("grad_norm").asDouble(), Math.sqrt(squares), 1e-9 * Math.sqrt(squares));
            }
        }
        try (ModelFile best = ModelFile.open(run.resolve("best.safetensors"))) {
            long learnt = best.state().entrySet().stream().filter(e -> !e.getKey().contains("mask_token"))
                    .mapToLong(e -> e.getValue().shape().numel()).sum();
            assertTrue(elements > 0.9 * learnt && elements <= learnt, elements + " of " + learnt);
        }
    }

    /** The page is written when the epoch's pictures are there: it is the one that 'report' makes of the folder. */
    @Test
    void theLastPageHasAllOfTheRun() throws IOException {
        String written = Files.readString(run.resolve("report.html"));
        Path again = folder.resolve("again.html");
        assertEquals(0, Says.run("report", run, "--out", again).code());
        assertEquals(Files.readString(again).replaceAll("written [^<]*", ""), written.replaceAll("written [^<]*", ""));
        // Two samples: photo, truth, and a prediction and an error for each of two epochs.
        assertTrue(written.contains("Samples through time") && written.split("<b>epoch 2").length == 3, "epoch 2");
    }

    @Test
    void picturesAreInTheEventFilesToo() throws IOException {
        for (int slot = 1; slot <= 2; slot++) {
            JsonNode sample = JSON.readTree(run.resolve("panels/index.json").toFile()).get("samples").get(slot - 1);
            String name = Path.of(sample.get("name").asText()).getFileName().toString();
            TreeMap<Long, Wire> images = EventRecords.series(run, "panels/0" + slot + "_" + name);
            assertEquals(List.of(3L, 6L), List.copyOf(images.keySet()));
            for (Wire value : images.values()) {
                Wire image = value.message(4);
                var png = ImageIO.read(new ByteArrayInputStream(image.bytes(4)));
                assertEquals(List.of(image.integer(2), image.integer(1)), List.of((long) png.getWidth(),
                        (long) png.getHeight()));
                assertEquals(3 * sample.get("width").asInt() + 8, png.getWidth(), "three beside each other");
            }
        }
    }

    @Test
    void theIndexNamesEveryPanel() throws IOException {
        JsonNode index = JSON.readTree(run.resolve("panels/index.json").toFile());
        assertEquals(2, index.get("samples").size(), "as many as there are");
        List<String> named = new ArrayList<>(List.of("index.json", "latest.png"));
        for (JsonNode sample : index.get("samples")) {
            assertEquals(2, sample.get("epochs").size());
            names(index, sample, named);
            sample.get("epochs").forEach(e -> names(index, e, named));
            assertTrue(sample.get("epochs").get(1).get("metrics").get("abs_rel").asDouble() > 0);
        }
        index.get("worst").forEach(e -> names(index, e, named));
        index.get("best").forEach(e -> names(index, e, named));
        assertEquals(1, index.get("worst").size());
        assertTrue(index.get("worst").get(0).get("metrics").get("abs_rel").asDouble()
                > index.get("best").get(0).get("metrics").get("abs_rel").asDouble());
        assertEquals(new TreeSet<>(named), new TreeSet<>(Workshop.files(run.resolve("panels"))));
        for (String png : named.subList(2, named.size())) {
            var image = ImageIO.read(run.resolve("panels").resolve(png).toFile());
            assertEquals(Workshop.WIDTH, image.getWidth(), png);
            assertEquals(Workshop.HEIGHT, image.getHeight(), png);
        }
    }

    private static void names(JsonNode index, JsonNode node, List<String> named) {
        for (Iterator<JsonNode> values = node.elements(); values.hasNext();) {
            String text = values.next().asText();
            if (text.endsWith(".png")) {
                named.add(text);
            }
        }
    }

    /** Trains through the library, watched as the command does it; goes on if the folder holds a run. */
    private Trainer.Outcome watched(Path to, TrainListener other) {
        TrainOptions options = TrainOptions.article().over(2, 42).with(BatchOptions.article().of(2, 70));
        RunFolder runFolder = RunFolder.at(to);
        try (MemoryScope scope = MemoryScope.open("training"); RunWatch watch = new RunWatch(to, true, 1, 1);
                ModelFile file = ModelFile.open(training.weights())) {
            DepthAnythingV2 model = file.loadEncoder(Workshop.METRIC, 5, Device.CPU);
            Trainer trainer = new Trainer(model, NyuHdf5Dataset.open(training.train()),
                    NyuHdf5Dataset.open(training.val()), options, RunPolicy.standard(), runFolder, watch.with(other));
            return runFolder.canResume() ? trainer.resume(Device.CPU) : trainer.start();
        }
    }

    private static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** A run that ends in the middle of its second epoch and goes on after the first. */
    @Test
    void whatCameAfterTheSavedStateIsTakenBack() throws IOException {
        Path whole = folder.resolve("whole");
        watched(whole, new TrainListener() { });
        Path parts = folder.resolve("parts");
        assertThrows(Crash.class, () -> watched(parts, new TrainListener() {
            @Override
            public void step(Step step) {
                if (step.step() == 5) {
                    throw new Crash();
                }
            }
        }));
        assertEquals(List.of(1L, 2L, 3L, 4L, 5L), List.copyOf(EventRecords.series(parts,
                "gradients/encoder/norm").keySet()), "written before the crash");
        watched(parts, new TrainListener() { });
        List<Path> files = EventRecords.files(parts);
        assertEquals(2, files.size());
        Event start = EventRecords.read(files.get(1)).get(1);
        assertTrue(start.isStart());
        assertEquals(4, start.step());
        for (String tag : List.of("train/loss", "train/grad_norm", "val/abs_rel")) {
            TreeMap<Long, Wire> expected = EventRecords.series(whole, tag);
            TreeMap<Long, Wire> actual = EventRecords.series(parts, tag);
            assertEquals(expected.keySet(), actual.keySet(), tag);
            expected.forEach((step, value) -> assertEquals(value.real(2), actual.get(step).real(2), tag + step));
        }
        assertEquals(6, EventRecords.series(parts, "gradients/encoder/norm").size());
        assertEquals(List.of("1", "2", "3", "4", "5", "6"), log(parts, "steps.jsonl").stream()
                .map(l -> l.get("step").asText()).toList());
        assertEquals(4, log(parts, "validation.jsonl").size());
        assertEquals(JSON.readTree(whole.resolve("panels/index.json").toFile()),
                JSON.readTree(parts.resolve("panels/index.json").toFile()));
        assertEquals(Workshop.files(whole.resolve("panels")), Workshop.files(parts.resolve("panels")));
    }

    @Test
    void nothingIsDrawnOrWrittenThatWasNotAskedFor() throws IOException {
        Cli cli = Says.run(training.words(folder.resolve("plain"), "--epochs", 1));
        assertEquals(0, cli.code(), cli.err() + cli.out());
        assertFalse(Files.exists(folder.resolve("plain/panels")));
        assertEquals(List.of(), EventRecords.files(folder.resolve("plain")));
    }
}
