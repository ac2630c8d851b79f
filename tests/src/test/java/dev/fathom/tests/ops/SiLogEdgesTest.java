package dev.fathom.tests.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.errors.DTypeException;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.Unary;
import org.junit.jupiter.api.Test;

/**
 * Where the original's loss is NaN, ours is defined: the loss and the gradient of every corner that the Javadoc
 * promises.
 */
class SiLogEdgesTest {
    private record Result(double loss, float[] gradient) {
    }

    private static Result run(float[] pred, float[] target, boolean[] mask, double lambda) {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor p = Tensors.of(pred, pred.length).asParameter();
            Tensor loss = MaskedLoss.siLog(lambda).of(p, Tensors.of(target, target.length), Tensors.mask(mask, mask.length));
            double value = loss.item();
            return new Result(value, Backward.of(loss).of(p).toFloats());
        }
    }

    @Test
    void aPerfectPredictionHasLossAndGradientZero() {
        float[] depth = {0.5f, 1, 2, 80};
        Result r = run(depth, depth, new boolean[] {true, true, false, true}, 0.5);
        assertEquals(0, r.loss);
        assertArrayEquals(new float[4], r.gradient);
    }

    @Test
    void anEmptyMaskHasLossAndGradientZero() {
        Result r = run(new float[] {1, Float.NaN}, new float[] {2, 0}, new boolean[2], 0.5);
        assertEquals(0, r.loss);
        assertArrayEquals(new float[2], r.gradient);
        assertEquals(0, run(new float[0], new float[0], new boolean[0], 0.5).loss);
    }

    /** With lambda 1 a wrong scale is no error, and rounding must not make the root's argument negative. */
    @Test
    void aWrongScaleAloneCostsNothingWithLambdaOne() {
        float[] target = new float[1001];
        float[] pred = new float[1001];
        boolean[] mask = new boolean[1001];
        for (int i = 0; i < target.length; i++) {
            target[i] = 0.1f + 0.017f * i;
            pred[i] = 2 * target[i];
            mask[i] = true;
        }
        Result r = run(pred, target, mask, 1);
        assertEquals(0, r.loss, 1e-6);
        for (float g : r.gradient) {
            assertTrue(Float.isFinite(g), "gradient " + g);
        }
    }

    @Test
    void whatIsNotUnderTheMaskIsNotLookedAt() {
        float[] bad = {1, Float.NaN, 0, -5};
        float[] target = {2, 3, Float.NaN, 0};
        Result r = run(bad, target, new boolean[] {true, false, false, false}, 0.5);
        assertEquals(Math.log(2) * Math.sqrt(0.5), r.loss, 1e-7);
        assertArrayEquals(new float[3], java.util.Arrays.copyOfRange(r.gradient, 1, 4));
    }

    /** A prediction of 0 counts as 1e-6 m and is pushed up, with a finite gradient. */
    @Test
    void predictionsBelowEpsilonArePushedUp() {
        for (float zero : new float[] {0, -3, 1e-30f}) {
            Result r = run(new float[] {zero, 1}, new float[] {1, 1}, new boolean[] {true, true}, 0.5);
            double d = Math.log(1e6);
            double loss = Math.sqrt(d * d / 2 - 0.5 * d * d / 4);
            assertEquals(loss, r.loss, 1e-6 * loss);
            double expected = -(d - 0.5 * d / 2) / (2 * loss * 1e-6);
            assertEquals(expected, r.gradient[0], 1e-6 * Math.abs(expected));
            assertTrue(r.gradient[0] < 0, "downhill is up");
        }
    }

    /** The metric head's sigmoid underflows to 0 for a logit of -200: the gradient by the logit is 0, not NaN. */
    @Test
    void throughAnUnderflownSigmoidTheGradientIsFinite() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor logits = Tensors.of(new float[] {-200, 0.5f}, 2).asParameter();
            Tensor loss = MaskedLoss.siLog(0.5).of(Unary.of(Unary.Kind.SIGMOID, logits), Tensors.of(new float[] {1, 1}, 2),
                    Tensors.mask(new boolean[] {true, true}, 2));
            for (float g : Backward.of(loss).of(logits).toFloats()) {
                assertTrue(Float.isFinite(g), "gradient " + g);
            }
        }
    }

    @Test
    void aNanUnderTheMaskStaysVisible() {
        assertTrue(Double.isNaN(run(new float[] {Float.NaN, 1}, new float[] {1, 1}, new boolean[] {true, true}, 0.5)
                .loss));
    }

    @Test
    void refusesWhatHasNoMeaning() {
        assertThrows(FathomException.class, () -> MaskedLoss.siLog(1.5));
        assertThrows(FathomException.class, () -> MaskedLoss.siLog(Double.NaN));
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor p = Tensors.of(new float[4], 4);
            Tensor t = Tensors.of(new float[4], 2, 2);
            Tensor m = Tensors.mask(new boolean[4], 4);
            assertThrows(ShapeException.class, () -> MaskedLoss.siLog(0.5).of(p, t, m));
            assertThrows(DTypeException.class, () -> MaskedLoss.siLog(0.5).of(p, p, p));
        }
    }
}
