package dev.fathom.tests.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ClosedTensorException;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.Concat;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.SumTo;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How gradients flow, add up, stop and give their memory back. */
class AutogradTest {
    @Test
    void gradientOfProductAndBroadcastSum() {
        try (var scope = MemoryScope.open("test")) {
            Tensor a = Tensors.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3).asParameter();
            Tensor b = Tensors.of(new float[] {10, 20, 30}, 3).asParameter();
            Tensor y = SumTo.of(Binary.mul(a, b), Shape.SCALAR);
            assertEquals(1 * 10 + 2 * 20 + 3 * 30 + 4 * 10 + 5 * 20 + 6 * 30, y.item());
            Gradients g = Backward.of(y);
            assertArrayEquals(new float[] {10, 20, 30, 10, 20, 30}, g.of(a).toFloats());
            assertArrayEquals(new float[] {5, 7, 9}, g.of(b).toFloats());
        }
    }

    /** x is used three times, once through a view: its gradients add up, and no shared gradient is overwritten. */
    @Test
    void gradientsOfAReusedTensorAddUp() {
        try (var scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {1, 2, 3, 4}, 2, 2).asParameter();
            Tensor twice = Binary.add(x, x);
            Tensor y = Binary.add(twice, x.reshape(4).reshape(2, 2));
            Tensor cotangent = Tensors.of(new float[] {1, 10, 100, 1000}, 2, 2);
            Gradients g = Backward.of(y, cotangent, null);
            assertArrayEquals(new float[] {3, 30, 300, 3000}, g.of(x).toFloats());
            assertArrayEquals(new float[] {1, 10, 100, 1000}, cotangent.toFloats(), "the caller's cotangent is untouched");
        }
    }

    /**
     * A norm's gradient takes over what the residual around it has brought: the same sum, without a pass for it. The other
     * order (a norm whose input is used by nothing later) has nothing to take.
     */
    @Test
    void aNormAddsTheResidualsGradientItself() {
        try (var scope = MemoryScope.open("test")) {
            Tensor a = Tensors.of(new float[] {1, -2, 0.5f, 3, 4, -1}, 2, 3).asParameter();
            Tensor weight = Tensors.of(new float[] {1, 2, -1}, 3);
            Tensor bias = Tensors.of(new float[3], 3);
            Tensor cotangent = Tensors.of(new float[] {1, 10, -3, 2, 0.5f, 7}, 2, 3);
            Tensor x = Affine.of(a, 3, 0);
            Tensor branch = Backward.of(LayerNorm.of(x, weight, bias, 1e-6), cotangent, null).of(a);

            Tensor again = Affine.of(a, 3, 0);
            Tensor y = Binary.add(Binary.add(again, LayerNorm.of(again, weight, bias, 1e-6)), again);
            List<String> ran = new ArrayList<>();
            Dispatcher.listen((op, in, out, nanos) -> ran.add(op.name()));
            float[] together;
            try {
                together = Backward.of(y, cotangent, null).of(a).toFloats();
            } finally {
                Dispatcher.listen(null);
            }
            for (int i = 0; i < 6; i++) {
                assertEquals(branch.toFloats()[i] + 2 * 3 * cotangent.toFloats()[i], together[i], 1e-5);
            }
            // The two residuals are added to each other, the norm to their sum.
            assertEquals(List.of("add_", "layer_norm_backward", "affine"), ran);
            assertArrayEquals(new float[] {1, 10, -3, 2, 0.5f, 7}, cotangent.toFloats(), "the caller's is untouched");
        }
    }

    @Test
    void onlyTheLeavesAskedForGetGradients() {
        try (var scope = MemoryScope.open("test")) {
            Tensor a = Tensors.of(new float[] {2}, 1).asParameter();
            Tensor b = Tensors.of(new float[] {5}, 1).asParameter();
            Tensor unused = Tensors.of(new float[] {7}, 1).asParameter();
            Gradients g = Backward.of(Binary.mul(a, b), Tensors.of(new float[] {1}, 1), List.of(a));
            assertEquals(5, g.of(a).item());
            assertNull(g.of(b));
            assertNull(g.of(unused));
        }
    }

    @Test
    void savedTensorsOutliveScratchScopesAndAreFreedByBackward() {
        try (var outer = MemoryScope.open("model")) {
            Tensor a = Tensors.of(new float[1000], 1000).asParameter();
            long before = HostAllocator.shared().stats().liveBytes();
            try (var step = MemoryScope.open("step")) {
                Tensor y;
                try (var block = MemoryScope.scratch("block")) {
                    Tensor scaled = Affine.of(a, 2, 1);
                    y = block.keep(SumTo.of(Binary.mul(scaled, scaled), Shape.SCALAR));
                }
                assertTrue(HostAllocator.shared().stats().liveBytes() >= before + 4000, "mul's inputs are held");
                Gradients g = Backward.of(y);
                assertEquals(4, g.of(a).toFloats()[7]);
                // the loss, its cotangent and the gradient; not the saved product inputs
                assertTrue(HostAllocator.shared().stats().liveBytes() <= before + 4032 + 2 * 64);
            }
            assertEquals(before, HostAllocator.shared().stats().liveBytes());
        }
    }

    @Test
    void inferenceKeepsNothingBeyondTheScratchScope() {
        try (var outer = MemoryScope.open("model"); var off = GradMode.noGrad()) {
            Tensor a = Tensors.of(new float[1000], 1000).asParameter();
            long before = HostAllocator.shared().stats().liveBytes();
            Tensor y;
            try (var block = MemoryScope.scratch("block")) {
                Tensor scaled = Affine.of(a, 2, 1);
                y = block.keep(SumTo.of(Binary.mul(scaled, scaled), Shape.SCALAR));
            }
            assertEquals(before + 64, HostAllocator.shared().stats().liveBytes());
            assertEquals(1000, y.item());
        }
    }

    @Test
    void useAfterCloseThrows() {
        Tensor t;
        try (var scope = MemoryScope.open("gone")) {
            t = Tensors.of(new float[] {1}, 1);
        }
        try (var scope = MemoryScope.open("test")) {
            assertThrows(ClosedTensorException.class, t::toFloats);
            assertThrows(ClosedTensorException.class, () -> Affine.of(t, 1, 0));
        }
    }

    @Test
    void backwardTwiceIsRefused() {
        try (var scope = MemoryScope.open("test")) {
            Tensor a = Tensors.of(new float[] {2}, 1).asParameter();
            Tensor y = Binary.mul(a, a);
            assertEquals(4, Backward.of(y).of(a).item());
            String message = assertThrows(MissingGradientException.class, () -> Backward.of(y)).getMessage();
            assertTrue(message.contains("run the forward pass again"), message);
        }
    }

    @Test
    void deepGraphsDoNotOverflowTheStack() {
        try (var scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {1}, 1).asParameter();
            Tensor y = x;
            for (int i = 0; i < 20_000; i++) {
                y = Affine.of(y, 1, 0.5);
            }
            assertEquals(1, Backward.of(y).of(x).item());
        }
    }

    @Test
    void concatSendsEachPartItsRange() {
        try (var scope = MemoryScope.open("test")) {
            Tensor a = Tensors.of(new float[] {1, 2}, 1, 2).asParameter();
            Tensor b = Tensors.of(new float[] {3, 4, 5}, 1, 3).asParameter();
            Tensor y = Concat.of(1, a, b);
            assertArrayEquals(new float[] {1, 2, 3, 4, 5}, y.toFloats());
            Gradients g = Backward.of(y, Tensors.of(new float[] {1, 2, 3, 4, 5}, 1, 5), null);
            assertArrayEquals(new float[] {1, 2}, g.of(a).toFloats());
            assertArrayEquals(new float[] {3, 4, 5}, g.of(b).toFloats());
        }
    }
}
