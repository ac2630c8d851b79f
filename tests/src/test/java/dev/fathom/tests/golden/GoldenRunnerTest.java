package dev.fathom.tests.golden;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.ResizeBilinear;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Tests of the tester: recipes that are wrong in one way must fail, on both devices. */
class GoldenRunnerTest {

    private static void caught(String name, Recipe wrong, String message) {
        GoldenCase golden = GoldenCase.read("a_ops", name);
        String cpu = assertThrows(AssertionError.class, () -> GoldenRunner.runOnCpu(golden, wrong)).getMessage();
        assertTrue(cpu.contains(message), cpu);
        String reference = assertThrows(AssertionError.class, () -> GoldenRunner.runOnReference(golden, wrong))
                .getMessage();
        assertTrue(reference.contains(message), reference);
    }

    private static Recipe of(Function<Recipe.Desk, Tensor> y) {
        return Recipe.of(y);
    }

    @Test
    void aLayerNormWithPyTorchsDefaultEps() {
        caught("layer_norm_small", of(d -> LayerNorm.of(d.in("x"), d.in("w"), d.in("b"), 1e-5)), "layer_norm_small.y");
    }

    @Test
    void aResizeThatAlignsTheOtherCorners() {
        caught("bilinear_up_ac1", of(d -> ResizeBilinear.of(d.in("x"), 9, 20, false)).channelsLast("x", "y"),
                "bilinear_up_ac1.y");
    }

    @Test
    void aResultInPyTorchsLayout() {
        caught("bilinear_up_ac1", of(d -> ResizeBilinear.of(d.in("x"), 9, 20, true)).channelsLast("x"), "shape");
    }

    @Test
    void aRightResultWithAWrongGradient() {
        // x + 2 z - z, the last one without a gradient: the value of x + z, with twice the gradient for z
        caught("add_bcast", of(d -> Binary.add(Binary.add(d.in("x"), Affine.of(d.in("z"), 2, 0)),
                Affine.of(d.in("z").detach(), -1, 0))), "add_bcast.grad_z");
    }

    @Test
    void aGradientThatStops() {
        caught("add_bcast", of(d -> Binary.add(d.in("x"), d.in("z").detach())), "no gradient reached");
    }

    /** One part in 100 000: fine for a picture, not for a linear layer. */
    @Test
    void aResultThatIsSlightlyOff() {
        caught("linear_nobias", of(d -> Affine.of(Linear.of(d.in("x"), d.in("w"), null), 1.00001, 0)),
                "linear_nobias.y");
    }
}
