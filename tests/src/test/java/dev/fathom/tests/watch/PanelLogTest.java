package dev.fathom.tests.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.fathom.engine.Device;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.DepthMap;
import dev.fathom.models.image.Palette;
import dev.fathom.models.image.Picture;
import dev.fathom.tools.panels.PanelLog;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.evaluation.ImageResult;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.trainer.TrainListener.Start;
import dev.fathom.training.trainer.TrainListener.Validated;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Panels of made-up validation samples: which are shown, in which colours, and what a run that goes on keeps. */
class PanelLogTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path run;

    @Test
    void samplesAreSpreadEvenly() {
        assertEquals(List.of(0, 1, 2), PanelLog.chosen(6, 3));
        assertEquals(List.of(54, 163, 272, 381, 490, 599), PanelLog.chosen(6, 654));
        assertEquals(List.of(2), PanelLog.chosen(1, 5));
        assertEquals(List.of(), PanelLog.chosen(6, 0));
        assertEquals(List.of(107374182, 322122547), PanelLog.chosen(10, Integer.MAX_VALUE).subList(0, 2));
    }

    /** A sample of depth 4 m on its left half, 8 m on its right, with a hole at the upper left; 640 x 320 pixels. */
    private static Validated sample(int epoch, int index, int of, float predicted) {
        int w = 640;
        int h = 320;
        float[] depth = new float[w * h];
        float[] prediction = new float[w * h];
        for (int i = 0; i < depth.length; i++) {
            depth[i] = i / w < 80 && i % w < 80 ? 0 : i % w < w / 2 ? 4 : 8;
            prediction[i] = predicted;
        }
        DepthSample sample = new DepthSample("val/room_" + index + ".h5", Picture.blank(w, h), depth, 0);
        Optional<DepthMetrics> metrics = Optional.of(DepthMetrics.of(prediction, depth, 0.001f, 10));
        return new Validated(epoch, 10L * (epoch + 1), index + 1, of, new ImageResult(index, sample.name(), w, h,
                metrics, 0), sample, new DepthMap(w, h, prediction, new DepthHead.Metric(10)));
    }

    private void epoch(PanelLog log, int epoch, float... predictions) {
        for (int i = 0; i < predictions.length; i++) {
            log.validated(sample(epoch, i, predictions.length, predictions[i]));
        }
        log.validationEnds(epoch, 10L * (epoch + 1), null);
    }

    private PanelLog begin(int count, int epoch) {
        PanelLog log = new PanelLog(run, count, (name, png) -> { });
        log.begins(new Start(epoch, 10, 0, 5, 5L * epoch, Device.CPU));
        return log;
    }

    private JsonNode index() throws IOException {
        return JSON.readTree(run.resolve("panels/index.json").toFile());
    }

    private BufferedImage png(JsonNode node, String field) throws IOException {
        return ImageIO.read(run.resolve("panels").resolve(node.get(field).asText()).toFile());
    }

    @Test
    void coloursAreThoseOfTheValues() throws IOException {
        epoch(begin(1, 0), 0, 4);
        JsonNode sample = index().get("samples").get(0);
        assertEquals(List.of(320, 160, 8.0), List.of(sample.get("width").asInt(), sample.get("height").asInt(),
                sample.get("high").asDouble()));
        Palette depth = Palette.named(index().get("palette").asText());
        Palette error = Palette.named(index().get("error_palette").asText());
        BufferedImage truth = png(sample, "truth");
        BufferedImage prediction = png(sample.get("epochs").get(0), "prediction");
        BufferedImage errors = png(sample.get("epochs").get(0), "error");
        assertEquals(0xC4C4C4, truth.getRGB(10, 10) & 0xFFFFFF, "a hole");
        assertEquals(depth.colourAt(0.5), truth.getRGB(100, 100) & 0xFFFFFF, "4 of 8 m");
        assertEquals(depth.colourAt(1), truth.getRGB(300, 100) & 0xFFFFFF, "8 m");
        assertEquals(depth.colourAt(0.5), prediction.getRGB(10, 10) & 0xFFFFFF);
        assertEquals(0xC4C4C4, errors.getRGB(10, 10) & 0xFFFFFF, "no error where there is no truth");
        assertEquals(error.colourAt(0), errors.getRGB(100, 100) & 0xFFFFFF, "no error");
        assertEquals(error.colourAt(1), errors.getRGB(300, 100) & 0xFFFFFF, "half of the depth is the end of the scale");
    }

    /** abs_rel of the prediction x: ((|x - 4| / 4) + (|x - 8| / 8)) / 2, near enough; least between 4 and 8. */
    @Test
    void theWorstAndTheBestAreNamedAndOthersForgotten() throws IOException {
        PanelLog log = begin(2, 0);
        epoch(log, 0, 5, 30, 4.5f, 20, 40, 6, 10);
        assertEquals(List.of(4, 1, 3), indices("worst"));
        assertEquals(List.of(2, 0, 5), indices("best"));
        epoch(log, 1, 40, 5, 4.5f, 6, 7, 30, 20);
        assertEquals(List.of(0, 5, 6), indices("worst"));
        try (var files = Files.list(run.resolve("panels/extremes"))) {
            assertEquals(24, files.filter(f -> f.getFileName().toString().startsWith("epoch-0002-")).count());
        }
        try (var files = Files.list(run.resolve("panels/extremes"))) {
            assertEquals(24, files.count(), "only the newest");
        }
    }

    private List<Integer> indices(String list) throws IOException {
        List<Integer> found = new ArrayList<>();
        index().get(list).forEach(e -> found.add(e.get("index").asInt()));
        return found;
    }

    private List<List<Integer>> epochsBySlot() throws IOException {
        List<List<Integer>> all = new ArrayList<>();
        for (JsonNode sample : index().get("samples")) {
            List<Integer> epochs = new ArrayList<>();
            sample.get("epochs").forEach(e -> epochs.add(e.get("epoch").asInt()));
            all.add(epochs);
        }
        return all;
    }

    @Test
    void aRunThatGoesOnKeepsWhatIsBeforeIt() throws IOException {
        PanelLog log = begin(2, 0);
        for (int e = 0; e < 3; e++) {
            epoch(log, e, 5, 5, 5, 5);
        }
        assertEquals(List.of(List.of(0, 1, 2), List.of(0, 1, 2)), epochsBySlot());
        PanelLog again = begin(2, 1);
        assertEquals(List.of(List.of(0), List.of(0)), epochsBySlot(), "as soon as it goes on");
        epoch(again, 1, 6, 6, 6, 6);
        assertEquals(List.of(List.of(0, 1), List.of(0, 1)), epochsBySlot());
        // Of four samples these three are 0, 2 and 3; the two were 1 and 3, in other places.
        epoch(begin(3, 2), 2, 6, 6, 6, 6);
        assertEquals(List.of(0, 2, 3), slots());
        assertEquals(List.of(List.of(2), List.of(2), List.of(2)), epochsBySlot());
        epoch(begin(1, 3), 3, 6, 6, 6, 6);
        assertEquals(List.of(2), slots());
        epoch(begin(1, 0), 0, 6, 6, 6, 6);
        assertEquals(List.of(List.of(0)), epochsBySlot(), "a new run begins anew");
    }

    private List<Integer> slots() throws IOException {
        List<Integer> found = new ArrayList<>();
        index().get("samples").forEach(s -> found.add(s.get("index").asInt()));
        return found;
    }

    /** The chosen frame cannot be read, or has no depth: no panel of it, or one without measures. */
    @Test
    void framesMayBeMissing() throws IOException {
        PanelLog log = begin(2, 0);
        Validated v = sample(0, 1, 4, 5);
        log.validated(new Validated(0, 10, 1, 4, v.result(), v.sample(), v.prediction()));
        log.validationEnds(0, 10, null);
        assertEquals(List.of(1), slots());
        ImageResult none = new ImageResult(1, v.result().name(), 640, 320, Optional.empty(), 0);
        log.validated(new Validated(1, 20, 1, 4, none, v.sample(), v.prediction()));
        log.validationEnds(1, 20, null);
        assertTrue(index().get("samples").get(0).get("epochs").get(1).get("metrics").isNull());
        assertEquals(List.of(), indices("worst"));
    }

    @Test
    void anIndexThatIsNoneIsNotOverwritten() throws IOException {
        Files.createDirectories(run.resolve("panels"));
        Files.writeString(run.resolve("panels/index.json"), "{\"samples\": [3]}");
        String message = assertThrows(FathomException.class, () -> begin(2, 1)).getMessage();
        assertTrue(message.contains("index.json cannot be read") && message.endsWith("move the folder away, then try"
                + " again."), message);
        Files.writeString(run.resolve("panels/index.json"), "{");
        assertThrows(FathomException.class, () -> begin(2, 1));
    }
}
