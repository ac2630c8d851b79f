package dev.fathom.tests.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import dev.fathom.training.metrics.EightBitScore;
import dev.fathom.training.metrics.MapMeasure;
import dev.fathom.training.metrics.MapMeasure.Family;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Edges against the original program's numbers, 8-bit pictures against scikit-image's. */
class MapMeasureTest {
    private static final int W = 31;
    private static final int H = 24;

    /** Boxes of several depths on a slope; the predicted ones are shifted by a column and rough. */
    private static float[][] boxes() {
        float[][] maps = new float[2][W * H];
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                maps[0][y * W + x] = 2 + 0.75f * (((x + 1) / 6 * 5 + y / 5 * 3) % 7) + x * y % 5 / 16f;
                maps[1][y * W + x] = 2 + (x / 6 * 5 + y / 5 * 3) % 7 + x / 64f;
            }
        }
        return maps;
    }

    /** What boundary_metrics.py of apple/ml-depth-pro (commit 3b5cd1e, numpy 2.4, float64) gives for these maps. */
    @Test
    void boundariesAsDepthProMeasuresThem() {
        float[][] maps = boxes();
        Map<MapMeasure, Double> score = Family.BOUNDARY.measure(maps[0], maps[1], W, H);
        assertEquals(0.4446707170054051, score.get(MapMeasure.BOUNDARY_F1), 1e-14);
        assertEquals(0.43461328263082066, score.get(MapMeasure.BOUNDARY_PRECISION), 1e-14);
        assertEquals(0.45822512350571, score.get(MapMeasure.BOUNDARY_RECALL), 1e-14);
        for (int y = 3; y < 5; y++) {
            Arrays.fill(maps[0], y * W + 4, y * W + 9, 0);
        }
        maps[0][10 * W + 10] = -2;
        assertEquals(0.4204199486453005, Family.BOUNDARY.measure(maps[0], maps[1], W, H).get(MapMeasure.BOUNDARY_F1),
                1e-14, "depths of 0 and less");
    }

    /** One step of a factor 1.2 where it should be: found for the factors below it, and nothing else claimed. */
    @Test
    void oneEdgeByHand() {
        float[] truth = {1, 1, 1.2f, 1.2f};
        double[] factors = new double[10];
        Arrays.setAll(factors, i -> 1.05 + 0.2 * i / 9);
        double below = Arrays.stream(factors).filter(f -> f < 1.2).sum() / Arrays.stream(factors).sum();
        Map<MapMeasure, Double> same = Family.BOUNDARY.measure(truth.clone(), truth, 4, 1);
        // One of the four directions has an edge; the others, without any, count as 0.
        assertEquals(below / 4, same.get(MapMeasure.BOUNDARY_F1), 1e-14);
        assertEquals(below / 4, same.get(MapMeasure.BOUNDARY_RECALL), 1e-14);
        float[] back = {1.2f, 1.2f, 1, 1};
        assertEquals(0, Family.BOUNDARY.measure(back, truth, 4, 1).get(MapMeasure.BOUNDARY_F1), "the other way round");
        float[] twice = {1, 1.2f, 1.44f, 1.44f};
        assertEquals(below / 8, Family.BOUNDARY.measure(twice, truth, 4, 1).get(MapMeasure.BOUNDARY_PRECISION), 1e-14);
    }

    @Test
    void aHoleIsNoEdge() {
        float[] truth = {1, 1, 0, 1.2f, 1.2f, Float.NaN};
        assertEquals(0, Family.BOUNDARY.measure(new float[] {1, 1, 2, 3, 3, 9}, truth, 6, 1)
                .get(MapMeasure.BOUNDARY_F1));
        assertTrue(Double.isNaN(Family.BOUNDARY.measure(new float[3], new float[] {1, 0, 1}, 3, 1)
                .get(MapMeasure.BOUNDARY_F1)));
    }

    @Property(tries = 30)
    void aCommonFactorChangesNoBoundary(@ForAll short key) {
        float[] truth = Formula.floats("edges" + key, 48, 0.6, 2);
        float[] prediction = Formula.floats("edges'" + key, 48, 0.6, 2);
        float[] fourfold = prediction.clone();
        for (int i = 0; i < 48; i++) {
            fourfold[i] *= 4;
        }
        assertEquals(Family.BOUNDARY.measure(prediction, truth, 8, 6), Family.BOUNDARY.measure(fourfold, truth, 8, 6));
    }

    /**
     * scikit-image 0.19.3: its sums run in another order, hence the last digits. Of float32 maps it takes the mean squared
     * error (not SSIM) from float32 differences and squares, which three roundings of 2^-24 move.
     */
    @ParameterizedTest
    @ValueSource(strings = {"img_u8_gray", "img_u8_rgb", "img_float_depth"})
    void picturesAsScikitImageComparesThem(String name) {
        Golden golden = new Golden("f_metrics/" + name);
        JsonNode json = golden.json();
        int[] shape = golden.npy("a.npy").shape();
        int channels = shape.length == 3 ? shape[2] : 1;
        double range = json.get("data_range").asDouble();
        double tolerance = json.get("dtype").asText().equals("float32") ? 3 * 0x1p-24 : 1e-12;
        double squares = 0;
        double ssim = 0;
        for (int channel = 0; channel < channels; channel++) {
            double[] a = channel(golden.npy("a.npy").doubles(), channel, channels);
            double[] b = channel(golden.npy("b.npy").doubles(), channel, channels);
            boolean[] all = new boolean[a.length];
            Arrays.fill(all, true);
            EightBitScore score = EightBitScore.of(a, b, all, shape[1], shape[0], range);
            squares += score.rmse() * score.rmse() / channels;
            ssim += score.ssim() / channels;
            if (channels == 1) {
                assertEquals(json.get("expected").get("psnr").asDouble(), score.psnr(), 10 / Math.log(10) * tolerance);
            }
        }
        double rmse = json.get("expected").get("rmse").asDouble();
        assertEquals(rmse, Math.sqrt(squares), tolerance * rmse);
        assertEquals(json.get("expected").get("ssim_uniform7").asDouble(), ssim, 1e-12);
    }

    private static double[] channel(double[] values, int channel, int channels) {
        double[] one = new double[values.length / channels];
        Arrays.setAll(one, i -> values[i * channels + channel]);
        return one;
    }

    /** Depths become pictures by their own largest value, cut, not rounded: 255 * 3 / 4 is 191.25. */
    @Test
    void depthsBecomePictures() {
        Map<MapMeasure, Double> score = Family.EIGHT_BIT.measure(new float[] {8, 6, -1, 99}, new float[] {4, 4, 1, 0}, 4, 1);
        double mse = (64.0 * 64 + 63 * 63) / 3;
        assertEquals(Math.sqrt(mse), score.get(MapMeasure.RMSE_8BIT), 1e-12);
        assertEquals(10 * Math.log10(255 * 255 / mse), score.get(MapMeasure.PSNR_8BIT), 1e-12);
        assertTrue(Double.isNaN(score.get(MapMeasure.SSIM_8BIT)), "no window");
        assertTrue(Double.isNaN(Family.EIGHT_BIT.measure(new float[] {Float.POSITIVE_INFINITY, 1}, new float[] {4, 4}, 2, 1)
                .get(MapMeasure.RMSE_8BIT)));
    }

    /** A constant error of 49.89 steps is 14.17 dB. */
    @Test
    void aConstantError() {
        double[] a = new double[64];
        double[] b = new double[64];
        Arrays.fill(a, 49.89);
        boolean[] all = new boolean[64];
        Arrays.fill(all, true);
        EightBitScore score = EightBitScore.of(a, b, all, 8, 8, 255);
        assertEquals(20 * Math.log10(255 / 49.89), score.psnr(), 1e-12);
        assertEquals(14.17, score.psnr(), 0.005);
        // Flat windows have no structure; c1 alone keeps the luminance from 0.
        double c1 = 2.55 * 2.55;
        assertEquals(c1 / (49.89 * 49.89 + c1), score.ssim(), 1e-12);
        assertEquals(1, EightBitScore.of(a, a, all, 8, 8, 255).ssim());
    }

    /** A window with a hole is left out of SSIM, whatever lies in the hole. */
    @Test
    void holesTakePartInNothing() {
        float[] truth = Formula.floats("holes", 20 * 20, 1, 3);
        float[] prediction = Formula.floats("holes'", 20 * 20, 1, 3);
        Arrays.fill(truth, 12 * 20, 20 * 20, 0);
        Map<MapMeasure, Double> holed = Family.EIGHT_BIT.measure(prediction, truth, 20, 20);
        Map<MapMeasure, Double> cut = Family.EIGHT_BIT.measure(Arrays.copyOf(prediction, 12 * 20),
                Arrays.copyOf(truth, 12 * 20), 20, 12);
        assertEquals(cut, holed);
    }

    @Test
    void familiesByName() {
        assertEquals(List.of(Family.EIGHT_BIT, Family.BOUNDARY), Family.parse("eight-bit, boundary,eight-bit"));
        assertEquals("'ssim' is not a family of measures; expected boundary or eight-bit, or both with a comma.",
                assertThrows(FathomException.class, () -> Family.parse("ssim")).getMessage());
        assertEquals(List.of(MapMeasure.RMSE_8BIT, MapMeasure.PSNR_8BIT, MapMeasure.SSIM_8BIT),
                Family.EIGHT_BIT.measures());
    }
}
