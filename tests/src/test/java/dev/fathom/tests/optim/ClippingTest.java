package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradClip;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;

/** What clipping promises of any gradients, and that the factor folded into AdamW is the one of gradients clipped. */
class ClippingTest {
    /**
     * The factor is rounded once and each product once, so an element errs by at most 2^-23 of itself and the norm by as
     * much; the 1e-6 in the denominator keeps it below the bound by more only where the norm is small.
     */
    @Property(tries = 200)
    void neverAboveTheBoundAndTheDirectionIsKept(@ForAll @DoubleRange(min = 1e-3, max = 1e3) @Scale(3) double bound,
            @ForAll @IntRange(min = -6, max = 6) int magnitude, @ForAll long seed) {
        try (MemoryScope scope = MemoryScope.open("test")) {
            float[] a = values(seed, 37, magnitude);
            float[] b = values(seed + 1, 5, magnitude);
            Tensor ta = Tensors.of(a, 37);
            Tensor tb = Tensors.of(b, 5);
            GradClip clip = new GradClip(bound);
            double norm = clip.clip(List.of(ta, tb));
            double factor = clip.factor(norm);
            assertTrue(factor <= 1 && factor > 0);
            assertEquals(Math.sqrt(squares(a) + squares(b)), norm, 1e-12 * norm, "the norm before clipping");
            assertTrue(GradClip.norm(List.of(ta, tb)) <= bound * (1 + 0x1p-22), "the bound holds");
            if (norm < bound) {
                assertTrue(1 - factor <= 1e-6 / bound, "at most the epsilon of the formula, and none a step inside");
                if (norm + 1e-6 <= bound) {
                    assertEquals(1, factor);
                    assertArrayEquals(a, ta.toFloats(), "not one bit changes below the bound");
                }
            }
            for (int i = 0; i < a.length; i++) {
                assertEquals(a[i] * factor, ta.toFloats()[i], Math.abs(a[i] * factor) * 0x1p-22 + 1e-44);
            }
        }
    }

    private static double squares(float[] values) {
        double sum = 0;
        for (float v : values) {
            sum += (double) v * v;
        }
        return sum;
    }

    private static float[] values(long seed, int n, int magnitude) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) (random.nextDouble(-1, 1) * Math.pow(10, magnitude));
        }
        return values;
    }

    /** Clipping in place and then stepping has the bits of stepping with the factor: there is one rounding either way. */
    @Property(tries = 50)
    void theFoldedFactorHasTheBitsOfClippedGradients(@ForAll @DoubleRange(min = 0.01, max = 10) double bound,
            @ForAll long seed) {
        float[] folded = stepped(bound, seed, true);
        assertArrayEquals(stepped(bound, seed, false), folded);
    }

    private static float[] stepped(double bound, long seed, boolean fold) {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor w = Tensors.of(values(seed, 67, 0), 67).asParameter();
            AdamW optimiser = new AdamW(List.of(new ParameterGroup("all", 1, List.of(new Trainable("w", w)))),
                    AdamWSettings.DEFAULT);
            for (int t = 1; t <= 3; t++) {
                Tensor g = Tensors.of(values(seed + t, 67, 1), 67);
                GradClip clip = new GradClip(bound);
                if (fold) {
                    optimiser.step(p -> g, 1e-2, clip.factor(GradClip.norm(List.of(g))));
                } else {
                    clip.clip(List.of(g));
                    optimiser.step(p -> g, 1e-2, 1);
                }
            }
            return w.toFloats();
        }
    }
}
