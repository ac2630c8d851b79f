package dev.fathom.tests.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Attention;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/**
 * Attention subtracts a reference from all scores of a query, which it raises only when a score is far above it. So it
 * must notice a large score wherever it comes, and lose nothing when it does not notice a small step.
 */
class AttentionReferenceTest {
    /** More than two blocks of keys, the last one not full; two blocks of queries. */
    private static final int TOKENS = 301;
    private static final int SIZE = 8;
    private static final int[] FACTORS = {1, 2, -1};

    @Test
    void oneLateKeyFarAboveAllOthers() {
        check(j -> j == 290 ? 600 : 0);
    }

    @Test
    void everyKeyAboveTheOneBefore() {
        check(j -> 0.5 * j);
    }

    @Test
    void stepsJustBelowAndJustAboveTheSlack() {
        check(j -> j < 128 ? 0 : j < 256 ? 5.25 : 11.5);
    }

    @Test
    void everyKeyBelowTheOneBefore() {
        check(j -> -0.5 * j);
    }

    @Test
    void aLateNanIsNotPassedOver() {
        try (MemoryScope scope = MemoryScope.open("reference")) {
            float[] qkv = qkv(j -> 0);
            qkv[280 * 3 * SIZE + SIZE] = Float.NaN;
            float[] y = run(qkv).get(0).toFloats();
            for (float value : y) {
                assertTrue(Float.isNaN(value), () -> "a key is NaN, but y has a " + value);
            }
        }
    }

    /** Every query i times key j gives FACTORS[i % 3] level(j), plus a little; compared with the formula in float64. */
    private static void check(IntToDoubleFunction level) {
        try (MemoryScope scope = MemoryScope.open("reference")) {
            float[] qkv = qkv(level);
            List<Tensor> out = run(qkv);
            float[] y = out.get(0).toFloats();
            float[] lse = out.get(1).toFloats();
            for (int i = 0; i < TOKENS; i++) {
                double[] scores = new double[TOKENS];
                double max = Double.NEGATIVE_INFINITY;
                for (int j = 0; j < TOKENS; j++) {
                    for (int c = 0; c < SIZE; c++) {
                        scores[j] += (double) qkv[i * 3 * SIZE + c] * qkv[j * 3 * SIZE + SIZE + c] / Math.sqrt(SIZE);
                    }
                    max = Math.max(max, scores[j]);
                }
                double sum = 0;
                double[] expected = new double[SIZE];
                for (int j = 0; j < TOKENS; j++) {
                    double p = Math.exp(scores[j] - max);
                    sum += p;
                    for (int c = 0; c < SIZE; c++) {
                        expected[c] += p * qkv[j * 3 * SIZE + 2 * SIZE + c];
                    }
                }
                assertEquals(max + Math.log(sum), lse[i], 1e-6 * Math.max(10, Math.abs(max)), "lse of query " + i);
                for (int c = 0; c < SIZE; c++) {
                    assertEquals(expected[c] / sum, y[i * SIZE + c], 1e-3, "y of query " + i);
                }
            }
        }
    }

    private static List<Tensor> run(float[] qkv) {
        return Dispatcher.run(new Attention(1), Tensors.of(qkv, 1, TOKENS, 3 * SIZE));
    }

    private static float[] qkv(IntToDoubleFunction level) {
        Random random = new Random(1);
        float[] qkv = new float[TOKENS * 3 * SIZE];
        for (int j = 0; j < TOKENS; j++) {
            for (int c = 0; c < 3 * SIZE; c++) {
                qkv[j * 3 * SIZE + c] = random.nextFloat() - 0.5f;
            }
            qkv[j * 3 * SIZE] = FACTORS[j % FACTORS.length];
            qkv[j * 3 * SIZE + SIZE] = (float) (level.applyAsDouble(j) * Math.sqrt(SIZE));
        }
        return qkv;
    }
}
