package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.training.optim.Ema;
import dev.fathom.training.optim.Trainable;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;

/** The moving average of weights: closed form, bits, restoring. */
class EmaTest {
    /**
     * After n updates: d^n w0 + (1 - d) sum of d^(n-k) wk. Each update rounds four numbers of at most 2 (the difference,
     * its product, the factor in it, the sum) by half a last place, 2^-24 of each; what an early one erred is damped by
     * d an update, so n of them err by less than 8 n 2^-24.
     */
    @Property(tries = 50)
    void isItsClosedForm(@ForAll @DoubleRange(min = 0.01, max = 0.9999) @Scale(4) double decay,
            @ForAll @IntRange(min = 1, max = 40) int updates, @ForAll long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (MemoryScope scope = MemoryScope.open("test")) {
            float[] start = values(random, 37);
            Tensor w = Tensors.of(start, 37).asParameter();
            Ema ema = new Ema(decay, List.of(new Trainable("w", w)));
            double[] expected = new double[37];
            for (int i = 0; i < 37; i++) {
                expected[i] = Math.pow(decay, updates) * start[i];
            }
            for (int k = 1; k <= updates; k++) {
                float[] next = values(random, 37);
                w.copyFrom(next);
                ema.update();
                for (int i = 0; i < 37; i++) {
                    expected[i] += (1 - decay) * Math.pow(decay, updates - k) * next[i];
                }
                assertArrayEquals(next, w.toFloats(), "the weights themselves are only read");
            }
            float[] average = ema.averages().get("w").toFloats();
            for (int i = 0; i < 37; i++) {
                assertEquals(expected[i], average[i], 8 * updates * 0x1p-24);
            }
        }
    }

    private static float[] values(RandomGenerator random, int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = random.nextFloat(-1, 1);
        }
        return values;
    }

    @Test
    void aWeightThatStaysIsItsOwnAverageToTheBit() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            float[] values = values(RandomGeneratorFactory.of("L64X128MixRandom").create(1), 1000);
            Ema ema = new Ema(0.999, List.of(new Trainable("w", Tensors.of(values, 1000).asParameter())));
            for (int i = 0; i < 20; i++) {
                ema.update();
            }
            assertArrayEquals(values, ema.averages().get("w").toFloats());
        }
    }

    @Test
    void goesOnWhereAnotherStopped() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor w = Tensors.of(new float[] {1, 2, 3}, 3).asParameter();
            Ema first = new Ema(0.9, List.of(new Trainable("w", w)));
            w.copyFrom(new float[] {5, 6, 8});
            first.update();
            Ema second = new Ema(0.9, List.of(new Trainable("w", w)));
            assertNotEquals(first.averages().get("w").toFloats()[0], second.averages().get("w").toFloats()[0]);
            second.restore(first.averages());
            assertArrayEquals(first.averages().get("w").toFloats(), second.averages().get("w").toFloats());
            w.copyFrom(new float[] {0, 1, -1});
            first.update();
            second.update();
            assertArrayEquals(first.averages().get("w").toFloats(), second.averages().get("w").toFloats());
            assertThrows(FathomException.class, () -> second.restore(Map.of()));
            assertThrows(FathomException.class, () -> second.restore(Map.of("w", Tensors.of(new float[] {1}, 1))));
            assertThrows(FathomException.class, () -> new Ema(1, List.of()));
            assertThrows(FathomException.class, () -> new Ema(0, List.of()));
        }
    }
}
