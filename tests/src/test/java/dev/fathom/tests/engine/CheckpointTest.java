package dev.fathom.tests.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.DType;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.Checkpoint;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.MissingGradientException;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Affine;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.LayerNorm;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.SumTo;
import dev.fathom.engine.ops.Unary;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A function that is run again for its gradient gives the gradient's bits, and keeps nothing but its inputs until then.
 */
class CheckpointTest {
    private static final int ROWS = 100;
    private static final int DIM = 16;

    private static Tensor draw(int seed, int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[(int) shape.numel()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(seed + 1.7 * i);
        }
        return Tensors.of(values, dims);
    }

    /** Parameters of two residual layers. */
    private record Layer(Tensor scale, Tensor shift, Tensor weight, Tensor bias) {
        static Layer of(int seed) {
            return new Layer(draw(seed, DIM).asParameter(), draw(seed + 1, DIM).asParameter(),
                    draw(seed + 2, DIM, DIM).asParameter(), draw(seed + 3, DIM).asParameter());
        }

        Tensor forward(Tensor x) {
            try (MemoryScope scope = MemoryScope.scratch("layer")) {
                return scope.keep(Binary.add(x, Linear.gelu(LayerNorm.of(x, scale, shift, 1e-6), weight, bias)));
            }
        }

        List<Tensor> parameters() {
            return List.of(scale, shift, weight, bias);
        }
    }

    /** x through three layers, each of which the loss also reads by itself, as a decoder reads taps. */
    private static List<float[]> gradients(Precision precision, boolean checkpoints) {
        try (MemoryScope scope = MemoryScope.open("test")) {
            List<Layer> layers = List.of(Layer.of(1), Layer.of(20), Layer.of(40));
            Tensor picture = draw(3, ROWS, DIM).asParameter();
            Tensor loss;
            try (Autocast mixed = Autocast.open(precision)) {
                Tensor x = Affine.of(picture, 2, 0.5);
                Tensor taps = null;
                for (Layer layer : layers) {
                    x = checkpoints ? Checkpoint.of(in -> layer.forward(in[0]), x) : layer.forward(x);
                    taps = taps == null ? Unary.of(Unary.Kind.GELU, x) : Binary.add(taps, Unary.of(Unary.Kind.GELU, x));
                }
                loss = SumTo.of(Binary.mul(taps, taps), Shape.SCALAR);
            }
            Gradients g = Backward.of(loss);
            List<float[]> all = new ArrayList<>(List.of(loss.toFloats(), g.of(picture).toFloats()));
            layers.forEach(l -> l.parameters().forEach(p -> all.add(g.of(p).toFloats())));
            return all;
        }
    }

    @Test
    void gradientsHaveTheBitsThatTheyHaveWithout() {
        for (Precision precision : Precision.values()) {
            List<float[]> plain = gradients(precision, false);
            List<float[]> checkpointed = gradients(precision, true);
            for (int i = 0; i < plain.size(); i++) {
                assertArrayEquals(plain.get(i), checkpointed.get(i), precision + ", tensor " + i);
            }
        }
    }

    /** Three layers keep their inputs alone; while backward is in one of them, only that one's tensors are alive. */
    @Test
    void onlyInputsAreKept() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            HostAllocator allocator = HostAllocator.shared();
            List<Layer> layers = List.of(Layer.of(1), Layer.of(20), Layer.of(40));
            Tensor x = draw(3, ROWS, DIM).asParameter();
            long map = x.bytes();
            long before = allocator.stats().liveBytes();
            try (MemoryScope step = MemoryScope.open("step")) {
                Tensor y;
                try (MemoryScope forward = MemoryScope.scratch("forward")) {
                    Tensor t = x;
                    for (Layer layer : layers) {
                        t = Checkpoint.of(in -> layer.forward(in[0]), t);
                    }
                    y = forward.keep(SumTo.of(t, Shape.SCALAR));
                }
                // What the second and the third layer begin with, and the loss. The sum needs no input.
                assertEquals(2 * map + 64, allocator.stats().liveBytes() - before);
                Gradients g = Backward.of(y);
                assertTrue(g.of(x) != null && g.size() == 13);
                long left = allocator.stats().liveBytes() - before;
                assertTrue(left <= 128 + map + 3 * 4 * (DIM * DIM + 3 * DIM), left + " bytes: loss, gradients");
            }
            assertEquals(before, allocator.stats().liveBytes());
        }
    }

    private static List<String> operations(Runnable work) {
        List<String> ran = new ArrayList<>();
        Dispatcher.listen((op, in, out, nanos) -> ran.add(op.name()));
        try {
            work.run();
        } finally {
            Dispatcher.listen(null);
        }
        return ran;
    }

    /** Nobody reads what the function ends with, except a function around it. */
    @Test
    void theLastOperationIsNotRunAgain() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = draw(1, 4, 4).asParameter();
            Tensor w = draw(2, 4, 4).asParameter();
            Checkpoint.Function two = in -> Linear.of(Affine.of(in[0], 3, 0), w, null);
            Tensor y = Checkpoint.of(two, x);
            assertEquals(List.of("affine", "matmul", "matmul", "affine"),
                    operations(() -> Backward.of(y, draw(3, 4, 4), null)));
            Tensor nested = Checkpoint.of(in -> Checkpoint.of(two, Affine.of(in[0], 2, 0)), x);
            float[][] plain = new float[1][];
            List<String> ran = operations(() -> plain[0] = Backward.of(nested, draw(3, 4, 4), null).of(w).toFloats());
            assertEquals(List.of("affine", "affine", "linear", "affine", "matmul", "matmul", "affine", "affine"), ran);
            Tensor whole = two.apply(Affine.of(x, 2, 0));
            assertArrayEquals(Backward.of(whole, draw(3, 4, 4), null).of(w).toFloats(), plain[0]);
        }
    }

    /** A sigmoid's gradient reads its result, so that has to be computed again. */
    @Test
    void theLastOperationIsRunAgainIfItsGradientReadsIt() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = draw(1, 4, 4).asParameter();
            Tensor y = Checkpoint.of(in -> Unary.of(Unary.Kind.SIGMOID, Affine.of(in[0], 3, 0)), x);
            Tensor plain = Unary.of(Unary.Kind.SIGMOID, Affine.of(x, 3, 0));
            Tensor dy = draw(3, 4, 4);
            assertArrayEquals(Backward.of(plain, dy, null).of(x).toFloats(), Backward.of(y, dy, null).of(x).toFloats());
        }
    }

    @Test
    void onlyTheGradientsAskedForAreComputed() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = draw(1, 4, 4).asParameter();
            Tensor w = draw(2, 4, 4).asParameter();
            Tensor other = draw(5, 4, 4).asParameter();
            Tensor y = Checkpoint.of(in -> Linear.of(Binary.mul(in[0], in[1]), w, null), x, draw(4, 4, 4));
            Tensor z = Binary.add(y, other);
            assertEquals(List.of("mul", "matmul"), operations(() -> {
                Gradients g = Backward.of(z, draw(3, 4, 4), List.of(w));
                assertNull(g.of(x));
                assertEquals(1, g.size());
            }));
            Tensor again = Binary.add(Checkpoint.of(in -> Linear.of(in[0], w, null), x), other);
            assertEquals(List.of(), operations(() -> Backward.of(again, draw(3, 4, 4), List.of(other))),
                    "a checkpoint that leads nowhere is not run");
        }
    }

    @Test
    void withoutGradientsItSimplyRuns() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = draw(1, 4);
            assertFalse(Checkpoint.of(in -> Affine.of(in[0], 2, 0), x).requiresGrad());
            Tensor p = x.asParameter();
            assertSame(p, Checkpoint.of(in -> in[0], p));
            try (GradMode.Scope off = GradMode.noGrad()) {
                assertFalse(Checkpoint.of(in -> Affine.of(in[0], 2, 0), p).requiresGrad());
                try (GradMode.Scope on = GradMode.enableGrad()) {
                    assertTrue(Affine.of(p, 2, 0).requiresGrad());
                }
                assertFalse(GradMode.isEnabled());
            }
        }
    }

    /** A tensor from outside would be gone when the function runs again. */
    @Test
    void aTensorFromOutsideMustBeAnInput() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = draw(1, 4).asParameter();
            Tensor outside = Affine.of(x, 2, 0);
            String message = assertThrows(MissingGradientException.class,
                    () -> Checkpoint.of(in -> Binary.add(in[0], outside), x)).getMessage();
            assertTrue(message.contains("affine made outside") && message.contains("pass it as an input"), message);
            Tensor y = Checkpoint.of(in -> Binary.add(in[0], in[1]), x, outside);
            assertEquals(3, Backward.of(y, Tensors.full(y.spec(), y.device(), 1), null).of(x).toFloats()[0]);
        }
    }

    @Test
    void aFunctionThatComputesSomethingElseTheSecondTimeIsRefused() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = draw(1, 4).asParameter();
            int[] calls = new int[1];
            Tensor y = Checkpoint.of(in -> calls[0]++ == 0 ? Affine.of(in[0], 2, 0)
                    : Affine.of(Affine.of(in[0], 2, 0), 2, 0), x);
            String message = assertThrows(MissingGradientException.class,
                    () -> Backward.of(y, draw(2, 4), null)).getMessage();
            assertTrue(message.contains("must compute the same both times"), message);
        }
    }

    /** The precision of the forward pass is in force again, though its session is over. */
    @Test
    void runsAgainInThePrecisionOfTheFirstRun() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = draw(1, 4, 4).asParameter();
            Tensor w = draw(2, 4, 4).asParameter();
            Tensor y;
            try (Autocast mixed = Autocast.open(Precision.BF16)) {
                y = Checkpoint.of(in -> Linear.of(Linear.of(in[0], w, null), w, null), x);
            }
            List<DType> dtypes = new ArrayList<>();
            Dispatcher.listen((op, in, out, nanos) -> {
                if (op instanceof Linear) {
                    dtypes.add(in.get(0).dtype());
                }
            });
            try {
                Backward.of(y, Tensors.full(y.spec(), y.device(), 1), null);
            } finally {
                Dispatcher.listen(null);
            }
            assertEquals(List.of(DType.BF16), dtypes);
            assertEquals(Precision.FP32, Autocast.current());
        }
    }
}
