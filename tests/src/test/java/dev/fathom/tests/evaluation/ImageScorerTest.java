package dev.fathom.tests.evaluation;

import static dev.fathom.tests.evaluation.Scoring.MAX;
import static dev.fathom.tests.evaluation.Scoring.MIN;
import static dev.fathom.tests.evaluation.Scoring.protocol;
import static dev.fathom.tests.evaluation.Scoring.score;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.errors.FathomException;
import dev.fathom.training.data.DepthSample;
import dev.fathom.training.evaluation.predictions.PredictedQuantity;
import dev.fathom.training.evaluation.predictions.Prediction;
import dev.fathom.training.evaluation.protocol.Alignment;
import dev.fathom.training.evaluation.protocol.Average;
import dev.fathom.training.evaluation.protocol.Crop;
import dev.fathom.training.evaluation.protocol.DataDefaults;
import dev.fathom.training.evaluation.protocol.Fitting;
import dev.fathom.training.evaluation.protocol.Protocol;
import dev.fathom.training.evaluation.protocol.Resolution;
import dev.fathom.training.evaluation.protocol.Space;
import dev.fathom.training.evaluation.scoring.ImageScorer;
import dev.fathom.training.evaluation.scoring.Scored;
import dev.fathom.training.metrics.DepthMetric;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which pixels count and as what: crops, range, clamp, sizes, spaces, and predictions that mean nothing. */
class ImageScorerTest {
    /** As SPEC 5 and the originals have them; Garg's at 1242 x 375 is rows 153 to 370, columns 44 to 1196 in Monodepth2. */
    @ParameterizedTest
    @CsvSource({
        "none,        640,  480, 0,   480, 0,  640",
        "eigen-nyu,   640,  480, 45,  471, 41, 601",
        "garg,        1242, 375, 153, 371, 44, 1197",
        "garg,        1216, 352, 143, 349, 43, 1172",
        "eigen-kitti, 1242, 375, 124, 342, 44, 1197",
        "kb,          1242, 375, 23,  375, 13, 1229",
        "kb,          1241, 376, 24,  376, 12, 1228",
        "kb+garg,     1242, 375, 166, 372, 56, 1185",
        "kb+eigen-kitti, 1242, 375, 140, 344, 56, 1185",
    })
    void cropsAreThePublishedOnes(String name, int width, int height, int top, int bottom, int left, int right) {
        assertEquals(new Crop.Box(top, bottom, left, right), Crop.parse(name).in(width, height));
        assertEquals(name, Crop.parse(name).toString());
    }

    @Test
    void aBoxIsRowsThenColumns() {
        assertEquals(new Crop.Box(1, 3, 4, 8), Crop.parse("box=1,3,4,8").in(8, 6));
        assertEquals("box=1,3,4,8", Crop.parse("box=1,3,4,8").toString());
        assertThrows(FathomException.class, () -> Crop.parse("box=3,3,4,8"));
        assertThrows(FathomException.class, () -> Crop.parse("box=1,2,3"));
    }

    private static Scored scored(Crop crop, int width, int height) {
        float[] depth = new float[width * height];
        for (int i = 0; i < depth.length; i++) {
            depth[i] = 1 + i % 7;
        }
        Protocol protocol = new Protocol(Space.DEPTH, Alignment.NONE, Fitting.LEAST_SQUARES, crop, MIN, 6.5f, false, false,
                Resolution.ORIGINAL, Average.IMAGES);
        return new ImageScorer(protocol).score(new Prediction(PredictedQuantity.METRIC_DEPTH, width, height, depth.clone(),
                "made up"), Scoring.sample(width, height, depth));
    }

    @Test
    void pixelsOutsideOfCropOrRangeDoNotCount() {
        Scored scored = scored(Crop.parse("box=1,5,2,9"), 10, 6);
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 10; x++) {
                int i = y * 10 + x;
                boolean inside = y >= 1 && y < 5 && x >= 2 && x < 9 && 1 + i % 7 <= 6.5;
                assertEquals(inside, scored.counts(i), "row " + y + ", column " + x);
            }
        }
        assertEquals(24, scored.metrics().orElseThrow().pixels());
    }

    @Test
    void aCropThatDoesNotExistInAnImageSkipsIt() {
        assertEquals("the crop eigen-nyu is defined for 640 x 480 pixels, and the image has 10 x 6",
                scored(Crop.parse("eigen-nyu"), 10, 6).skipped().orElseThrow());
        assertEquals("the crop kb needs 1216 x 352 pixels, and the image has 10 x 6",
                scored(Crop.parse("kb"), 10, 6).skipped().orElseThrow());
        assertEquals("the crop box=0,7,0,3 ends outside the image, and the image has 10 x 6",
                scored(Crop.parse("box=0,7,0,3"), 10, 6).skipped().orElseThrow());
    }

    @Test
    void clampBringsEverythingIntoTheRange() {
        float[] truth = new float[12];
        Arrays.fill(truth, 2);
        float[] p = {-1, 0, Float.NaN, 1e-9f, 1, 9, 10, 11, Float.POSITIVE_INFINITY, 2, 2, 2};
        float[] original = p.clone();
        Scored scored = score(protocol(Space.DEPTH, Alignment.NONE, Fitting.LEAST_SQUARES, true),
                PredictedQuantity.METRIC_DEPTH, p, truth);
        assertArrayEquals(new float[] {MIN, MIN, MIN, MIN, 1, 9, 10, 10, 10, 2, 2, 2}, scored.prediction());
        assertArrayEquals(original, p, "the prediction itself stays as it is");
        assertEquals(3, scored.missing());
        assertTrue(scored.metrics().orElseThrow().isFinite());
        assertFalse(score(protocol(Space.DEPTH, Alignment.NONE, Fitting.LEAST_SQUARES), PredictedQuantity.METRIC_DEPTH, p,
                truth).metrics().orElseThrow().isFinite());
    }

    @Test
    void disparityIsComparedInOneOverMetres() {
        float[] truth = {1, 2, 4, 5, 8, 1, 2, 4, 5, 8};
        float[] p = {2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
        Scored scored = score(protocol(Space.DISPARITY, Alignment.NONE, Fitting.LEAST_SQUARES),
                PredictedQuantity.METRIC_DEPTH, p, truth);
        assertArrayEquals(new float[] {1, 0.5f, 0.25f, 0.2f, 0.125f}, Arrays.copyOf(scored.truth(), 5));
        assertEquals((0.5 + 0 + 0.25 + 0.3 + 0.375) / 5, scored.metrics().orElseThrow().get(DepthMetric.MAE), 1e-7);
        Scored clamped = score(protocol(Space.DISPARITY, Alignment.NONE, Fitting.LEAST_SQUARES, true),
                PredictedQuantity.METRIC_DEPTH, new float[] {20, 2, 2, 2, 2, 2, 2, 2, 2, -3}, truth);
        assertEquals(1 / MAX, clamped.prediction()[0]);
        assertEquals(1 / MIN, clamped.prediction()[9]);
    }

    @Test
    void atTheNetworksSizeTheTruthIsResizedToThePrediction() {
        float[] depth = new float[24];
        for (int i = 0; i < 24; i++) {
            depth[i] = 1 + i % 6;
        }
        DepthSample sample = Scoring.sample(6, 4, depth);
        Protocol original = protocol(Space.DEPTH, Alignment.NONE, Fitting.LEAST_SQUARES);
        Protocol network = new Protocol(Space.DEPTH, Alignment.NONE, Fitting.LEAST_SQUARES, Crop.parse("box=0,4,0,5"), MIN,
                MAX, false, false, Resolution.NETWORK, Average.IMAGES);
        float[] map = {1, 6, 1, 6, 1, 6, 1, 6, 1, 6};
        Scored small = new ImageScorer(network).score(new Prediction(PredictedQuantity.METRIC_DEPTH, 2, 5, map, "map"),
                sample);
        assertEquals(2, small.width());
        assertArrayEquals(new float[] {1, 4, 1, 4, 1, 4, 1, 4, 1, 4}, small.truth(), "nearest: columns 0 and 3");
        Scored large = new ImageScorer(original).score(new Prediction(PredictedQuantity.METRIC_DEPTH, 2, 5, map, "map"),
                sample);
        assertArrayEquals(depth, large.prediction(), 1e-6f, "bilinear between the corner columns");
        assertEquals(1, large.metrics().orElseThrow().get(DepthMetric.D1));
    }

    @Test
    void holesOfAPredictionAreNotFitted() {
        float[] truth = new float[30];
        float[] p = new float[30];
        for (int i = 0; i < 30; i++) {
            truth[i] = 1 + i % 5;
            p[i] = i < 10 ? 0 : 2 * truth[i];
        }
        Scored scored = score(protocol(Space.DEPTH, Alignment.SCALE, Fitting.LEAST_SQUARES), PredictedQuantity.METRIC_DEPTH,
                p, truth);
        assertEquals(0.5, scored.fit().orElseThrow().scale(), 1e-12);
        assertEquals(20, scored.fit().get().pixels());
        assertEquals(10, scored.missing());
        assertTrue(Float.isNaN(scored.prediction()[0]), "a hole stays one, whatever is added");
    }

    @ParameterizedTest
    @CsvSource({
        "METRIC_DEPTH,       DEPTH,     NONE,             true",
        "METRIC_DEPTH,       DISPARITY, AFFINE_DISPARITY, true",
        "RELATIVE_DISPARITY, DEPTH,     NONE,             false",
        "RELATIVE_DISPARITY, DISPARITY, NONE,             false",
        "RELATIVE_DISPARITY, DEPTH,     AFFINE,           false",
        "RELATIVE_DISPARITY, DEPTH,     AFFINE_DISPARITY, true",
        "RELATIVE_DISPARITY, DISPARITY, AFFINE,           true",
        "RELATIVE_DISPARITY, DEPTH,     MEDIAN,           true",
        "RELATIVE_DEPTH,     DEPTH,     AFFINE,           true",
        "RELATIVE_DEPTH,     DEPTH,     AFFINE_DISPARITY, false",
        "RELATIVE_DEPTH,     DISPARITY, AFFINE,           false",
    })
    void relativeNumbersAreRefusedUnlessTheirUnknownsAreFitted(PredictedQuantity quantity, Space space, Alignment alignment,
            boolean allowed) {
        Protocol protocol = protocol(space, alignment, Fitting.LEAST_SQUARES);
        if (allowed) {
            ImageScorer.requireMeaning(protocol, quantity, "it");
        } else {
            String sentence = assertThrows(FathomException.class, () -> ImageScorer.requireMeaning(protocol, quantity, "it"))
                    .getMessage();
            assertTrue(sentence.startsWith("it gives " + quantity) && sentence.contains("--align"), sentence);
        }
    }

    @Test
    void dataSetsHaveTheirCropAndRange() {
        assertEquals("eigen-nyu", DataDefaults.of("nyu-labeled").crop().toString());
        assertEquals(10f, DataDefaults.of("nyu-h5").max().orElseThrow());
        assertEquals("garg", DataDefaults.of("kitti").crop().toString());
        assertEquals(80f, DataDefaults.of("kitti").max().orElseThrow());
        assertTrue(DataDefaults.of("sunrgbd").max().isEmpty());
    }
}
