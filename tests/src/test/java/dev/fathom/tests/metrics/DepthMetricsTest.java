package dev.fathom.tests.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import dev.fathom.training.metrics.BestConstant;
import dev.fathom.training.metrics.DepthMetric;
import dev.fathom.training.metrics.DepthMetrics;
import dev.fathom.training.metrics.DepthSums;
import dev.fathom.training.metrics.MetricsAccumulator;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DepthMetricsTest {

    private static final float MAX = Float.MAX_VALUE;

    /** The original eval_depth in float64; its three shares were rounded to float32. */
    @ParameterizedTest
    @ValueSource(strings = {"depth_metrics_a", "depth_metrics_b", "depth_metrics_c_poor"})
    void equalsTheOriginal(String name) {
        JsonNode json = new Golden("f_metrics/" + name).json();
        int count = json.get("hw").get(0).asInt() * json.get("hw").get(1).asInt();
        float[] truth = input(json, "target", count);
        float[] noise = input(json, "noise", count);
        boolean[] mask = Formula.mask(json.get("inputs").get("mask").get("formula").asText(), count,
                json.get("inputs").get("mask").get("p").asDouble());
        float[] prediction = new float[count];
        for (int i = 0; i < count; i++) {
            prediction[i] = (float) ((double) truth[i] * noise[i]);
            truth[i] = mask[i] ? truth[i] : 0;
        }
        DepthMetrics metrics = DepthMetrics.of(prediction, truth, 0, MAX);
        assertEquals(json.get("n_valid").asLong(), metrics.pixels());
        JsonNode expected = json.get("expected").get("eval_depth");
        assertEquals(9, expected.size());
        expected.properties().forEach(entry -> {
            double value = metrics.toMap().get(entry.getKey().equals("silog") ? "silog_dav2" : entry.getKey());
            double tolerance = entry.getKey().startsWith("d") ? 6e-8 : 1e-12;
            assertEquals(entry.getValue().asDouble(), value, tolerance * Math.abs(value), entry.getKey());
        });
        JsonNode marigold = json.get("expected").get("marigold");
        near(marigold.get("i_rmse").asDouble() * 1000, metrics.get(DepthMetric.I_RMSE));       // theirs is in 1/m
        near(marigold.get("silog_rmse").asDouble(), metrics.get(DepthMetric.SILOG_KITTI));
    }

    private static void near(double expected, double actual) {
        assertEquals(expected, actual, 1e-12 * expected);
    }

    private static float[] input(JsonNode json, String name, int count) {
        JsonNode input = json.get("inputs").get(name);
        return Formula.floats(input.get("formula").asText(), count, input.get("scale").asDouble(),
                input.get("offset").asDouble());
    }

    /** Two pixels by hand. */
    @Test
    void byHand() {
        DepthMetrics metrics = DepthMetrics.of(new float[] {2, 3, 9}, new float[] {4, 2, 0}, 0, MAX);
        assertEquals(2, metrics.pixels());
        assertEquals(0, metrics.get(DepthMetric.D1));
        assertEquals(0.5, metrics.get(DepthMetric.D2));     // ratios 2 and 1.5
        assertEquals(0.5, metrics.get(DepthMetric.D3));
        assertEquals((0.5 + 0.5) / 2, metrics.get(DepthMetric.ABS_REL));
        assertEquals((4 / 4.0 + 1 / 2.0) / 2, metrics.get(DepthMetric.SQ_REL));
        assertEquals(Math.sqrt(5 / 2.0), metrics.get(DepthMetric.RMSE));
        assertEquals(1.5, metrics.get(DepthMetric.MAE));
        assertEquals((Math.log10(2) + Math.log10(1.5)) / 2, metrics.get(DepthMetric.LOG10), 1e-15);
        double a = Math.log(0.5);
        double b = Math.log(1.5);
        assertEquals(Math.sqrt((a * a + b * b) / 2), metrics.get(DepthMetric.RMSE_LOG), 1e-15);
        assertEquals(Math.sqrt((a * a + b * b) / 2 - (a + b) * (a + b) / 8), metrics.get(DepthMetric.SILOG_DAV2), 1e-15);
        assertEquals(100 * (b - a) / 2, metrics.get(DepthMetric.SILOG_KITTI), 1e-12);
        double variance = (b - a) * (b - a) / 2;
        double mean = (a + b) / 2;
        assertEquals(10 * Math.sqrt(variance + 0.15 * mean * mean), metrics.get(DepthMetric.SILOG_ZOE), 1e-13);
        assertEquals(1000 * Math.sqrt((1 / 16.0 + 1 / 36.0) / 2), metrics.get(DepthMetric.I_RMSE), 1e-11);
        // The best scale of (2, 3) against (4, 2) is 14/13; it leaves (28/13 - 4, 42/13 - 2).
        assertEquals(Math.sqrt((24.0 * 24 + 16 * 16) / 169 / 2), metrics.get(DepthMetric.SI_RMSE), 1e-15);
    }

    /** Exactly 1.25 is not below 1.25. */
    @Test
    void thresholdsAreStrict() {
        assertEquals(0, DepthMetrics.of(new float[] {5}, new float[] {4}, 0, MAX).get(DepthMetric.D1));
        assertEquals(0, DepthMetrics.of(new float[] {25}, new float[] {16}, 0, MAX).get(DepthMetric.D2));
        assertEquals(1, DepthMetrics.of(new float[] {4.99f}, new float[] {4}, 0, MAX).get(DepthMetric.D1));
    }

    @Test
    void theRangeIsInclusive() {
        float[] truth = {0.5f, 1, 2, 2.5f, 0, -1, Float.NaN};
        assertEquals(2, DepthMetrics.of(new float[7], truth, 1, 2).pixels());
        assertEquals(4, DepthMetrics.of(new float[7], truth, 0, MAX).pixels());
    }

    @Property(tries = 100)
    void aPerfectPredictionIsPerfect(@ForAll @IntRange(min = 1, max = 300) int count, @ForAll short key) {
        float[] truth = Formula.floats("perfect" + key, count, 4.9, 5);
        DepthMetrics metrics = DepthMetrics.of(truth.clone(), truth, 0, MAX);
        for (DepthMetric metric : DepthMetric.values()) {
            assertEquals(metric.higherIsBetter() ? 1 : 0, metrics.get(metric), metric.key());
        }
        assertTrue(metrics.isFinite());
    }

    /** A scaled prediction: what stays and what grows can be said exactly. */
    @Property(tries = 100)
    void scaling(@ForAll short key, @ForAll @IntRange(min = 1, max = 30) int tenths) {
        float[] truth = Formula.floats("scale" + key, 200, 4.9, 5);
        float factor = 1 + tenths / 10f;
        float[] prediction = new float[200];
        for (int i = 0; i < 200; i++) {
            prediction[i] = truth[i] * factor;
        }
        DepthMetrics metrics = DepthMetrics.of(prediction, truth, 0, MAX);
        assertEquals(factor - 1, metrics.get(DepthMetric.ABS_REL), 1e-6);
        assertEquals(Math.log(factor), metrics.get(DepthMetric.RMSE_LOG), 1e-6);
        assertEquals(Math.log10(factor), metrics.get(DepthMetric.LOG10), 1e-6);
        assertEquals(Math.log(factor) * Math.sqrt(0.5), metrics.get(DepthMetric.SILOG_DAV2), 1e-6);
        assertEquals(10 * Math.log(factor) * Math.sqrt(0.15), metrics.get(DepthMetric.SILOG_ZOE), 1e-5);
        assertEquals(0, metrics.get(DepthMetric.SILOG_KITTI), 1e-5);       // what float32 rounds of a product
        assertEquals(0, metrics.get(DepthMetric.SI_RMSE), 1e-6);
    }

    @Test
    void imagesWeighTheSameAndThinOnesAreSkipped() {
        MetricsAccumulator mean = new MetricsAccumulator(0.001f, 10);
        float[] ten = new float[10];
        Arrays.fill(ten, 2);
        float[] wrong = new float[10];
        Arrays.fill(wrong, 3);
        float[] many = new float[1000];
        Arrays.fill(many, 2);
        assertTrue(mean.add(wrong, ten).isPresent());
        assertTrue(mean.add(many, many).isPresent());
        float[] nine = ten.clone();
        nine[4] = 0;
        assertTrue(mean.add(wrong, nine).isEmpty());
        assertTrue(mean.add(wrong, new float[10]).isEmpty());
        assertEquals(2, mean.images());
        assertEquals(2, mean.skipped());
        assertEquals(0, mean.nonFinite());
        assertEquals(1010, mean.mean().pixels());
        assertEquals(0.25, mean.mean().get(DepthMetric.ABS_REL), 1e-15);
        assertEquals(1010, mean.overPixels().pixels());
        assertEquals(10 * 0.5 / 1010, mean.overPixels().get(DepthMetric.ABS_REL), 1e-15);
        wrong[0] = 0;
        assertFalse(mean.add(wrong, ten).orElseThrow().isFinite());
        assertEquals(1, mean.nonFinite());
        assertTrue(Double.isNaN(new MetricsAccumulator(0, 1).mean().get(DepthMetric.MAE)));
    }

    /** Sums of two images are those of one image with the pixels of both. */
    @Property(tries = 40)
    void sumsCanBeAdded(@ForAll short key, @ForAll @IntRange(min = 1, max = 199) int cut) {
        float[] truth = Formula.floats("sums" + key, 200, 4.9, 5);
        float[] prediction = Formula.floats("sums'" + key, 200, 4.9, 5);
        DepthSums sums = DepthSums.of(Arrays.copyOf(prediction, cut), Arrays.copyOf(truth, cut), 2, 9);
        sums.add(DepthSums.of(Arrays.copyOfRange(prediction, cut, 200), Arrays.copyOfRange(truth, cut, 200), 2, 9));
        DepthMetrics whole = DepthMetrics.of(prediction, truth, 2, 9);
        assertEquals(whole.pixels(), sums.pixels());
        for (DepthMetric metric : DepthMetric.values()) {
            assertEquals(whole.get(metric), sums.metrics().get(metric), 1e-12 * whole.get(metric), metric.key());
        }
    }

    @Test
    void betterKnowsTheDirection() {
        assertTrue(DepthMetric.D1.better(0.9, 0.8));
        assertTrue(DepthMetric.ABS_REL.better(0.1, 0.2));
        assertFalse(DepthMetric.ABS_REL.better(Double.NaN, 1000));
        assertFalse(DepthMetric.of("silog").isPresent());       // which one?
        assertEquals(DepthMetric.SILOG_ZOE, DepthMetric.of("silog_zoe").orElseThrow());
    }

    /** No other constant scores better: neither any true depth nor anything near the found one. */
    @Property(tries = 40)
    void noConstantBeatsTheBest(@ForAll short key, @ForAll @IntRange(min = 1, max = 4) int images) {
        float[][] truths = new float[images][];
        for (int i = 0; i < images; i++) {
            truths[i] = Formula.floats("best" + key + i, 12 + 7 * i, 4, 5);
            truths[i][3] = 0;
            truths[i][0] = truths[i][1];
            if (i > 0) {
                truths[i][5] = 40;      // out of range
            }
        }
        BestConstant best = BestConstant.of(images, i -> truths[i], 0.001f, 10);
        double bestScore = best.metrics().get(DepthMetric.ABS_REL);
        for (float[] truth : truths) {
            for (float candidate : truth) {
                for (float shift : new float[] {0, 1e-3f, -1e-3f}) {
                    assertTrue(score(candidate + shift, truths) >= bestScore - 1e-12);
                }
            }
        }
        assertEquals(score(best.metres(), truths), bestScore, 1e-15);
    }

    private static double score(float constant, float[][] truths) {
        MetricsAccumulator scores = new MetricsAccumulator(0.001f, 10);
        for (float[] truth : truths) {
            float[] prediction = new float[truth.length];
            Arrays.fill(prediction, constant);
            scores.add(prediction, truth);
        }
        return scores.mean().get(DepthMetric.ABS_REL);
    }

    @Test
    void aSetWithoutDepthHasNoBestConstant() {
        assertThrows(IllegalArgumentException.class, () -> BestConstant.of(2, i -> new float[100], 0.001f, 10));
    }

    @Test
    void sizesMustAgree() {
        assertThrows(IllegalArgumentException.class, () -> DepthMetrics.of(new float[3], new float[4], 0, 1));
    }
}
