package dev.fathom.tests.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Device;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.PixelError;
import dev.fathom.tests.parallel.TinyRun.Setting;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.BerHu;
import dev.fathom.training.loss.GradientTerm;
import dev.fathom.training.loss.L1;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.loss.SiLogZoe;
import dev.fathom.training.loss.WithTerm;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A step in parts, on one worker and on several, against the step in one piece: how far the two may be apart.
 *
 * <p><b>The bound.</b> A weight's gradient is a sum of n terms, one a token or pixel of the batch. In one piece and in parts
 * the terms are the same, and only the order of adding differs. A sum of n terms in any order is off by at most g = n u /
 * (1 - n u) times the sum of their magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 4.2; u = 2^-24), so
 * the two differ by at most 2 g times that. The sum of magnitudes is not known here; the sum of the magnitudes of the
 * gradients of single samples is, and is smaller: who keeps to it keeps to the bound.
 */
class SplitBoundsTest {
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

    /** In float64 nothing hides: what is left is the order of adding a few ten thousand terms. */
    @ParameterizedTest
    @CsvSource({"1, 2, 3", "1, 3, 4", "2, 1, 3", "2, 2, 5"})
    void inFloat64TheyAreTheWhole(int workers, int accumulate, int size) {
        Batch batch = TinyRun.batch(size, 0);
        TinyRun whole = new Setting().on(Device.REFERENCE).run(batch, batch);
        TinyRun parts = new Setting().on(Device.REFERENCE).parts(workers, accumulate).run(batch, batch);
        assertEquals(whole.losses().get(1), parts.losses().get(1), 1e-12);
        whole.gradients().forEach((name, g) -> assertTrue(distance(g, parts.gradients().get(name))
                <= 1e-10 * norm(g) + 1e-16, name));
        assertTrue(distance(whole.weights(), parts.weights()) < 1e-9);
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 2", "1, 2, 5", "1, 3, 5", "1, 4, 4", "1, 4, 7", "2, 1, 2", "2, 1, 5", "3, 1, 3", "3, 1, 5",
        "2, 2, 7", "2, 3, 7", "3, 2, 7", "3, 4, 12"})
    void gradientsOfThePartsAreThoseOfTheWhole(int workers, int accumulate, int size) {
        assertWithinTheBound(new SiLog(0.5), workers, accumulate, TinyRun.batch(size, 1));
    }

    static List<Objective> losses() {
        Objective term = new GradientTerm(new GradientMatching(PixelError.LOG, 2));
        return List.of(new SiLogZoe(0.15), new L1(), new BerHu(), term, new WithTerm(new SiLog(0.5), 0.5, term),
                new WithTerm(new L1(), 0.5, term), new WithTerm(new BerHu(), 0.5, term));
    }

    /** Some need the whole batch's predictions first, one needs them twice, some only the number of its pixels. */
    @ParameterizedTest
    @MethodSource("losses")
    void withEveryLoss(Objective loss) {
        assertWithinTheBound(loss, 2, 2, TinyRun.batch(7, 1));
        assertWithinTheBound(loss, 1, 3, TinyRun.batch(7, 1));
    }

    /** An epoch's last batch may be smaller than the number of parts, or of workers. */
    @ParameterizedTest
    @CsvSource({"3, 2, 1", "3, 2, 2", "3, 2, 4", "1, 4, 2"})
    void aSmallBatchGoesToWhomItReaches(int workers, int accumulate, int size) {
        assertWithinTheBound(new SiLog(0.5), workers, accumulate, TinyRun.batch(size, 1));
        assertWithinTheBound(new L1(), workers, accumulate, TinyRun.batch(size, 1));
    }

    private static void assertWithinTheBound(Objective loss, int workers, int accumulate, Batch batch) {
        TinyRun whole = new Setting().judgedBy(loss).run(batch);
        TinyRun parts = new Setting().judgedBy(loss).parts(workers, accumulate).run(batch);
        Map<String, double[]> magnitudes = OneSample.magnitudes(loss, batch);
        double bound = 2 * gamma((long) batch.size() * TinyRun.SIDE * TinyRun.SIDE);
        assertEquals(whole.gradients().keySet(), parts.gradients().keySet());
        whole.gradients().forEach((name, g) -> {
            double off = distance(g, parts.gradients().get(name));
            assertTrue(off <= bound * norm(magnitudes.get(name)), () -> loss.name() + ", " + name + " is off by " + off
                    + ", " + off / (bound * norm(magnitudes.get(name))) + " of the bound");
        });
        // The loss's sums are float64; the one number that is told is float32.
        assertEquals(whole.losses().get(0), parts.losses().get(0), 2 * UNIT * whole.losses().get(0));
    }

    /** After some steps: no farther from the whole than runs in one piece that start at neighbouring weights. */
    @Test
    void soAreTheWeightsAfterSomeSteps() {
        Batch[] batches = new Batch[STEPS];
        Arrays.setAll(batches, t -> TinyRun.batch(7, t));
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
        for (int[] split : new int[][] {{1, 2}, {1, 3}, {1, 4}, {2, 1}, {3, 1}, {2, 2}}) {
            double off = distance(whole.weights(), new Setting().parts(split[0], split[1]).run(batches).weights());
            assertTrue(off <= 10 * envelope, split[0] + " workers with " + split[1] + " parts are off by " + off
                    + ", neighbouring starts by " + envelope);
        }
    }
}
