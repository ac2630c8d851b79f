package dev.fathom.tests.parallel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.tests.parallel.TinyRun.Setting;
import dev.fathom.training.data.Batch;
import dev.fathom.training.parallel.Split;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A step in parts, on one worker and on several, against the step in one piece.
 *
 * <p><b>The bound.</b> A weight's gradient is a sum of n terms, one a token or pixel of the batch. In one piece and in parts
 * the terms are the same, and only the order of adding differs. A sum of n terms in any order is off by at most g = n u /
 * (1 - n u) times the sum of their magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 4.2; u = 2^-24), so
 * the two differ by at most 2 g times that. The sum of magnitudes is not known here; the sum of the magnitudes of the
 * gradients of single samples is, and is smaller: who keeps to it keeps to the bound.
 */
class SplitStepTest {
    private static final double UNIT = 0x1p-24;
    private static final int STEPS = 4;

    private static double gamma(long terms) {
        return terms * UNIT / (1 - terms * UNIT);
    }

    private static double norm(double[] x) {
        return Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
    }

    private static double distance(double[] x, double[] y) {
        assertEquals(x.length, y.length);
        double[] d = new double[x.length];
        for (int i = 0; i < d.length; i++) {
            d[i] = x[i] - y[i];
        }
        return norm(d);
    }

    private static double distance(Map<String, double[]> x, Map<String, double[]> y) {
        assertEquals(x.keySet(), y.keySet());
        return norm(x.keySet().stream().mapToDouble(name -> distance(x.get(name), y.get(name))).toArray());
    }

    private static Batch[] batches(int size) {
        Batch[] batches = new Batch[STEPS];
        for (int t = 0; t < STEPS; t++) {
            batches[t] = TinyRun.batch(size, t);
        }
        return batches;
    }

    private static void assertSameBits(TinyRun expected, TinyRun actual) {
        assertEquals(expected.losses(), actual.losses());
        assertEquals(expected.applied(), actual.applied());
        assertEquals(expected.weights().keySet(), actual.weights().keySet());
        expected.weights().forEach((name, values) -> assertArrayEquals(values, actual.weights().get(name), name));
    }

    /** In float64 nothing hides: what is left is the order of adding a few ten thousand terms. */
    @ParameterizedTest
    @CsvSource({"1, 2, 3", "1, 3, 4", "2, 1, 3", "2, 2, 5"})
    void inFloat64TheyAreTheWhole(int workers, int accumulate, int size) {
        Batch batch = TinyRun.batch(size, 0);
        TinyRun whole = new Setting().on(Device.REFERENCE).run(batch, batch);
        TinyRun parts = new Setting().on(Device.REFERENCE).parts(workers, accumulate).run(batch, batch);
        // The loss passes through the log and through float32 tensors nowhere on this device.
        assertEquals(whole.losses().get(1), parts.losses().get(1), 1e-12);
        whole.gradients().forEach((name, g) -> assertTrue(distance(g, parts.gradients().get(name))
                <= 1e-10 * norm(g) + 1e-16, name));
        assertTrue(distance(whole.weights(), parts.weights()) < 1e-9);
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 2", "1, 2, 5", "1, 3, 5", "1, 4, 4", "1, 4, 7", "2, 1, 2", "2, 1, 5", "3, 1, 3", "3, 1, 5",
        "2, 2, 7", "2, 3, 7", "3, 2, 7", "3, 4, 12"})
    void gradientsOfThePartsAreThoseOfTheWhole(int workers, int accumulate, int size) {
        Batch batch = TinyRun.batch(size, 1);
        TinyRun whole = new Setting().run(batch);
        TinyRun parts = new Setting().parts(workers, accumulate).run(batch);
        TreeMap<String, double[]> magnitudes = magnitudes(batch, whole);
        double bound = 2 * gamma((long) size * TinyRun.SIDE * TinyRun.SIDE);
        assertEquals(whole.gradients().keySet(), parts.gradients().keySet());
        whole.gradients().forEach((name, g) -> {
            double off = distance(g, parts.gradients().get(name));
            assertTrue(off <= bound * norm(magnitudes.get(name)), () -> name + " is off by " + off + ", " + off
                    / (bound * norm(magnitudes.get(name))) + " of the bound");
        });
        // The loss's sums are float64; the one number that is told is float32.
        assertEquals(whole.losses().get(0), parts.losses().get(0), UNIT * whole.losses().get(0));
    }

    /** Per element the sum of the magnitudes of the samples' own gradients, each judged beside the whole batch. */
    private static TreeMap<String, double[]> magnitudes(Batch batch, TinyRun whole) {
        TreeMap<String, double[]> sums = new TreeMap<>();
        for (int n = 0; n < batch.size(); n++) {
            if (batch.validPixels()[n] == 0) {
                continue;
            }
            // The other samples' pixels stay in the statistics but give no gradient: that is the difference of two sums.
            Map<String, double[]> without = OneSample.gradients(batch, n);
            without.forEach((name, g) -> {
                double[] sum = sums.computeIfAbsent(name, k -> new double[g.length]);
                for (int i = 0; i < g.length; i++) {
                    sum[i] += Math.abs(g[i]);
                }
            });
        }
        return sums;
    }

    /** After some steps: no farther from the whole than runs in one piece that start at neighbouring weights. */
    @ParameterizedTest
    @CsvSource({"1, 2", "1, 3", "1, 4", "2, 1", "3, 1", "2, 2"})
    void soAreTheWeightsAfterSomeSteps(int workers, int accumulate) {
        Batch[] batches = batches(7);
        TinyRun whole = new Setting().run(batches);
        double envelope = 0;
        for (int nudge = 1; nudge <= 4; nudge++) {
            int n = nudge;
            TinyRun beside = new Setting().changed(model -> model.parameters().all().forEach(p -> {
                float[] values = p.tensor().toFloats();
                for (int i = 0; i < values.length; i++) {
                    values[i] *= (float) (1 + UNIT * 2 * Math.sin(n * 100 + i));
                }
                p.tensor().copyFrom(values);
            })).run(batches);
            envelope = Math.max(envelope, distance(whole.weights(), beside.weights()));
        }
        double off = distance(whole.weights(), new Setting().parts(workers, accumulate).run(batches).weights());
        assertTrue(off <= 10 * envelope, off + " against an envelope of " + envelope);
    }

    /** Two numbers have one sum: two parts on one worker and one part on each of two have the same bits. */
    @Test
    void twoPartsAreAsGoodAsTwoWorkers() {
        Batch[] batches = batches(5);
        assertSameBits(new Setting().parts(1, 2).run(batches), new Setting().parts(2, 1).run(batches));
    }

    @ParameterizedTest
    @CsvSource({"1, 3, FP32", "2, 1, FP32", "3, 2, FP32", "2, 2, FP16", "2, 2, BF16"})
    void everyRunHasTheSameBits(int workers, int accumulate, Precision precision) {
        Batch[] batches = batches(7);
        TinyRun once = new Setting().in(precision, 1024).parts(workers, accumulate).run(batches);
        assertSameBits(once, new Setting().in(precision, 1024).parts(workers, accumulate).run(batches));
        try (WorkPool many = new WorkPool(5)) {
            WorkPool former = WorkPool.replaceShared(many);
            try {
                assertSameBits(once, new Setting().in(precision, 1024).parts(workers, accumulate).run(batches));
            } finally {
                WorkPool.replaceShared(former);
            }
        }
        assertFalse(once.applied().contains(false));
    }

    @ParameterizedTest
    @CsvSource({"1, 3", "2, 2"})
    void withRecomputationTheSameBits(int workers, int accumulate) {
        Batch[] batches = batches(7);
        assertSameBits(new Setting().parts(workers, accumulate).run(batches), new Setting().parts(workers, accumulate)
                .changed(model -> model.gradientCheckpointing(true)).run(batches));
    }

    /** An epoch's last batch may be smaller than the number of parts, or of workers. */
    @ParameterizedTest
    @CsvSource({"3, 2, 1", "3, 2, 2", "3, 2, 4", "1, 4, 2"})
    void aSmallBatchGoesToWhomItReaches(int workers, int accumulate, int size) {
        Batch batch = TinyRun.batch(size, 1);
        TinyRun whole = new Setting().run(batch);
        TinyRun parts = new Setting().parts(workers, accumulate).run(batch);
        assertEquals(whole.losses().get(0), parts.losses().get(0), UNIT * whole.losses().get(0));
        whole.gradients().forEach((name, g) -> assertTrue(distance(g, parts.gradients().get(name))
                <= 1e-3 * norm(g), name));
    }

    /** One picture that float16 cannot hold, in the last part of the last worker: nobody's weights move. */
    @ParameterizedTest
    @CsvSource({"1, 3", "3, 1", "2, 2"})
    void anOverflowInOnePartLeavesTheStepOutEverywhere(int workers, int accumulate) {
        Batch good = TinyRun.batch(5, 0);
        Batch bad = TinyRun.batch(5, 1);
        Arrays.fill(bad.image(), bad.image().length / 5 * 4, bad.image().length, 1e30f);
        Setting mixed = new Setting().in(Precision.FP16, 1024).parts(workers, accumulate);
        TinyRun run = mixed.run(good, bad, good);
        assertEquals(List.of(true, false, true), run.applied());
        assertEquals(512, mixed.scaler().scale());
        assertEquals(new Setting().in(Precision.FP16, 512).parts(workers, accumulate).run(good, good).weights().keySet(),
                run.weights().keySet());
        // A power of two rounds nothing: the same as if the bad batch had never been.
        TinyRun without = new Setting().in(Precision.FP16, 1024).parts(workers, accumulate).run(good, good);
        assertEquals(without.losses().get(0), run.losses().get(0));
        assertEquals(without.losses().get(1), run.losses().get(2));
    }

    /**
     * Two emulated GPUs, each with memory of its own, so the second needs a replica and its weights anew each step; what is
     * frozen is so in the replica too.
     */
    @Test
    void twoGpusAreAsGoodAsOne() {
        Batch[] batches = Arrays.copyOf(batches(2), 2);
        Device first = Device.emulated(0);
        Device second = Device.emulated(1);
        Consumer<DepthAnythingV2> encoder = model -> model.parameters().all().stream()
                .filter(p -> p.name().startsWith(DepthAnythingV2.ENCODER_PREFIX)).forEach(Parameter::freeze);
        try {
            TinyRun one = new Setting().on(first).changed(encoder).parts(1, 2).run(batches);
            TinyRun two = new Setting().on(first).changed(encoder).split(new Split(1, List.of(first, second))).run(batches);
            assertSameBits(one, two);
            assertTrue(two.gradients().keySet().stream().allMatch(name -> name.startsWith("depth_head")));
        } finally {
            Backends.close(first);
            Backends.close(second);
        }
    }

    @Test
    void batchNormsAreRefused() {
        FathomException e = assertThrows(FathomException.class,
                () -> new Setting().withBatchNorm().parts(1, 2).run(TinyRun.batch(2, 0)));
        assertTrue(e.getMessage().contains("batch norms"), e.getMessage());
    }
}
