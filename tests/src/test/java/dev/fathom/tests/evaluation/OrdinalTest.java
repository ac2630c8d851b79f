package dev.fathom.tests.evaluation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.FrameException;
import dev.fathom.training.data.sets.DatasetFormats;
import dev.fathom.training.data.sets.DatasetSpec;
import dev.fathom.training.data.sets.OrdinalDataset;
import dev.fathom.training.data.sets.OrdinalDataset.Pair;
import dev.fathom.training.evaluation.ordinal.OrdinalEvaluation;
import dev.fathom.training.evaluation.ordinal.OrdinalImage;
import dev.fathom.training.evaluation.ordinal.OrdinalMeasure;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.statistics.Bootstrap;
import dev.fathom.training.evaluation.statistics.Interval;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** DA-2K as it is distributed, damaged, and what counts as the right order. */
class OrdinalTest {
    private static final String TWO = """
            {"images/non_real_3.png": [{"point1": [0, 3], "point2": [2, 1], "closer_point": "point1"},
                                       {"point1": [1, 1], "point2": [1, 2], "closer_point": "point2"}],
             "images/indoor/outdoors.png": [{"point1": [0, 0], "point2": [2, 3], "closer_point": "point1"}],
             "images/x.png": [{"point1": [0, 0], "point2": [2, 3], "closer_point": "point1"}]}""";

    @TempDir
    private Path folder;

    private OrdinalDataset open(String json, String settings) throws IOException {
        Files.writeString(folder.resolve("annotations.json"), json);
        for (String name : List.of("non_real_3.png", "indoor/outdoors.png", "x.png")) {
            Files.createDirectories(folder.resolve("images/indoor"));
            ImageIO.write(new BufferedImage(4, 3, BufferedImage.TYPE_INT_RGB), "png",
                    folder.resolve("images").resolve(name).toFile());
        }
        return (OrdinalDataset) DatasetFormats.open(DatasetSpec.parse("da2k:" + folder + settings));
    }

    @Test
    void theAnnotations() throws IOException {
        OrdinalDataset data = open(TWO, "");
        assertEquals(3, data.size());
        assertEquals(List.of(new Pair(0, 3, 2, 1), new Pair(1, 2, 1, 1)), data.pairs(0));
        assertEquals(List.of("non_real", "indoor", "other"), List.of(data.scene(0), data.scene(1), data.scene(2)));
        assertEquals(folder.resolve("images/non_real_3.png").toString(), data.sample(0).name());
        assertEquals(4, data.sample(0).width());
        assertTrue(!data.sample(0).valid(0), "no depth");
        OrdinalDataset indoor = open(TWO, ",scene=indoor");
        assertEquals(1, indoor.size());
        assertNotEquals(data.fingerprint(), indoor.fingerprint());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "[] | is no JSON object",
        "{\"a\": | is no sound JSON",
        "{} | has no pictures: expected DA-2K's annotations.",
        "{\"a.png\": []} | has no pair of points of a.png",
        "{\"a.png\": [{\"point1\": [1], \"point2\": [0, 0], \"closer_point\": \"point1\"}]} | is not understood",
        "{\"a.png\": [{\"point1\": [1, 0.5], \"point2\": [0, 0], \"closer_point\": \"point1\"}]} | is not understood",
        "{\"a.png\": [{\"point1\": [1, 1], \"point2\": [0, 0], \"closer_point\": \"left\"}]} | of a.png that is not",
        "{\"x/object.png\": [{\"point1\": [1, 1], \"point2\": [0, 0], \"closer_point\": \"point1\"}]} | object.png"})
    void damage(String json, String expected) {
        String message = assertThrows(FathomException.class, () -> open(json, "")).getMessage();
        assertTrue(message.contains(expected), message);
        assertTrue(message.contains(folder.toString()), message);
    }

    @Test
    void wrongCalls() throws IOException {
        assertTrue(assertThrows(FathomException.class, () -> DatasetFormats.open(DatasetSpec.parse("da2k:" + folder)))
                .getMessage().contains("annotations.json cannot be read"));
        assertTrue(assertThrows(FathomException.class, () -> open(TWO, ",scene=aerial")).getMessage()
                .contains("has no pictures of the scene type aerial"));
        assertTrue(assertThrows(FathomException.class, () -> open(TWO, ",scene=kitchen")).getMessage()
                .startsWith("There is no scene type 'kitchen' in DA-2K; expected one of indoor, outdoor, non_real"));
    }

    /** Rows come first: [3, 0] would be a fourth row. */
    @Test
    void aPointOutsideOfThePicture() {
        FrameException e = assertThrows(FrameException.class, () -> open(TWO.replace("[0, 3]", "[3, 0]"), ""));
        assertEquals(FrameException.Fault.LAYOUT, e.fault());
        assertTrue(e.getMessage().contains("outside of its 4 x 3 pixels"), e.getMessage());
    }

    private static int correct(PredictedQuantity quantity, float left, float right) {
        return OrdinalMeasure.correct(new Prediction(quantity, 2, 1, new float[] {left, right}, "test"),
                List.of(new Pair(0, 0, 0, 1)), 2, 1);
    }

    /** The left pixel is nearer. */
    @Test
    void polarity() {
        assertEquals(1, correct(PredictedQuantity.RELATIVE_DISPARITY, 9, 2));
        assertEquals(0, correct(PredictedQuantity.RELATIVE_DISPARITY, 2, 9));
        assertEquals(0, correct(PredictedQuantity.METRIC_DEPTH, 9, 2));
        assertEquals(1, correct(PredictedQuantity.METRIC_DEPTH, 2, 9));
        assertEquals(1, correct(PredictedQuantity.RELATIVE_DEPTH, -2, 0.5f));
        assertEquals(0, correct(PredictedQuantity.RELATIVE_DISPARITY, 3, 3), "a tie is no order");
        assertEquals(0, correct(PredictedQuantity.METRIC_DEPTH, Float.NaN, 3));
        assertEquals(0, correct(PredictedQuantity.METRIC_DEPTH, 0, 3), "nothing is 0 metres away");
    }

    /** A map of another size is read between its pixels, corners on corners. */
    @Test
    void aMapOfAnotherSize() {
        Prediction map = new Prediction(PredictedQuantity.METRIC_DEPTH, 2, 2, new float[] {0.5f, 4, 2, 8}, "test");
        // On a 3 x 3 picture: row 0 is 0.5, 2.25, 4; row 1 is 1.25, 3.625, 6; row 2 is 2, 5, 8.
        assertEquals(1, OrdinalMeasure.correct(map, List.of(new Pair(0, 1, 1, 1)), 3, 3));
        assertEquals(1, OrdinalMeasure.correct(map, List.of(new Pair(1, 1, 0, 2)), 3, 3));
        assertEquals(0, OrdinalMeasure.correct(map, List.of(new Pair(2, 1, 0, 2)), 3, 3));
        assertEquals(0, OrdinalMeasure.correct(map, List.of(new Pair(2, 2, 1, 2)), 3, 3));
    }

    private static OrdinalImage image(int index, String scene, int pairs, int correct) {
        return new OrdinalImage(index, "image " + index, scene, pairs, correct, Optional.empty());
    }

    /** Over pairs, not pictures, and drawn by pictures. */
    @Test
    void accuracy() {
        OrdinalEvaluation found = new OrdinalEvaluation(List.of(image(0, "indoor", 4, 1),
                image(1, "object", 1, 1), image(2, "indoor", 1, 1),
                new OrdinalImage(3, "no map", "aerial", 9, 0, Optional.of("no file"))), Map.of());
        assertEquals(0.5, found.accuracy());
        assertEquals(0.4, found.of("indoor").accuracy());
        assertEquals(Set.of("aerial", "indoor", "object"), found.scenes());
        assertEquals(Map.of("no file", 1), found.reasons());
        assertEquals(List.of(3, 6, 3), List.of(found.counted().size(), found.pairs(), found.correct()));
        assertTrue(Double.isNaN(found.of("aerial").accuracy()));
        assertEquals(0.25, found.images().getFirst().accuracy());
        Interval interval = found.accuracy(new Bootstrap(2000, 0.8, Bootstrap.Method.PERCENTILE, 0));
        // Of 27 draws 8 have no a (accuracy 1), 12 one (3/6), 6 two (3/9), 1 three (1/4): a tenth is 2/6, nine tenths 1.
        assertEquals(new Interval(0.5, 3.0 / 9, 1), interval);
    }
}
