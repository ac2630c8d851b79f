package dev.fathom.tests.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.tests.golden.Formula;
import dev.fathom.tests.golden.Golden;
import dev.fathom.training.optim.GradClip;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clipping by the global norm, against torch.nn.utils.clip_grad_norm_. */
class GradClipTest {
    @Test
    void followsPyTorch() {
        int runs = 0;
        for (JsonNode run : new Golden("a_misc/clip_grad_norm").json().get("runs")) {
            try (MemoryScope scope = MemoryScope.open("test")) {
                Tensor g0 = Tensors.of(Formula.floats("da2b/clip/g0", 24, 3, 0), 4, 6);
                Tensor g1 = Tensors.of(Formula.floats("da2b/clip/g1", 9, 3, 0), 9);
                float last = g1.toFloats()[8];
                GradClip clip = new GradClip(run.get("max_norm").asDouble());
                double norm = clip.clip(Arrays.asList(g0, null, g1));
                double factor = run.get("factor").asDouble();
                assertEquals(run.get("total_norm").asDouble(), norm, 1e-6 * norm);
                assertEquals(factor, clip.factor(norm), 1e-6 * factor);
                for (int i = 0; i < 4; i++) {
                    double expected = run.get("first4").get(i).asDouble();
                    assertEquals(expected, g0.toFloats()[i], 1e-6 * Math.abs(expected));
                }
                assertEquals(last * factor, g1.toFloats()[8], 1e-6);
                runs++;
            }
        }
        assertEquals(3, runs);
    }

    @Test
    void aGradientThatTwoParametersShareIsScaledOnce() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor g = Tensors.of(new float[] {3, 4}, 2);
            double norm = new GradClip(1).clip(List.of(g, g.reshape(1, 2)));
            assertEquals(Math.sqrt(50), norm, 1e-9);
            assertArrayEquals(new float[] {(float) (3 / norm), (float) (4 / norm)}, g.toFloats(), 1e-6f);
        }
    }

    @Test
    void anOverflowIsReportedAndNothingIsScaled() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
                Tensor g = Tensors.of(new float[] {1000, bad}, 2);
                assertFalse(Double.isFinite(new GradClip(1).clip(List.of(g))));
                assertEquals(1000, g.toFloats()[0]);
            }
            Tensor huge = Tensors.of(new float[] {3e30f, 4e30f}, 2);
            assertEquals(5e30, GradClip.norm(List.of(huge)), 1e24, "float32 would overflow");
        }
    }

    @Test
    void refusesABoundOfZero() {
        assertThrows(FathomException.class, () -> new GradClip(0));
        assertThrows(FathomException.class, () -> new GradClip(Double.NaN));
    }
}
