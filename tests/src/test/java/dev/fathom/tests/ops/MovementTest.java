package dev.fathom.tests.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Permute;
import dev.fathom.engine.ops.Reduce;
import dev.fathom.engine.ops.ResizeBicubic;
import dev.fathom.engine.ops.ResizeBilinear;
import dev.fathom.engine.ops.ResizeNearest;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Shortcuts, error texts and exact properties of resizing, permuting and reducing. */
class MovementTest {
    private static void refused(Executable call, String... mentions) {
        String message = assertThrows(ShapeException.class, call).getMessage();
        for (String mention : mentions) {
            assertTrue(message.contains(mention), message);
        }
    }

    private static Tensor constant(float value, int... dims) {
        float[] values = new float[Math.toIntExact(Shape.of(dims).numel())];
        Arrays.fill(values, value);
        return Tensors.of(values, dims);
    }

    @Test
    void theSameSizeIsTheSameTensor() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = constant(1, 1, 3, 4, 2);
            assertSame(x, ResizeBilinear.of(x, 3, 4, true));
            assertSame(x, ResizeNearest.of(x, 3, 4));
            assertSame(x, Permute.of(x, 0, 1, 2, -1));
        }
    }

    /** Weights sum to 1: a constant map stays constant, whatever the path through the kernels. */
    @Test
    void aConstantStaysConstant() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            for (int channels : new int[] {1, 3, 32, 37}) {
                Tensor x = constant(0.7f, 1, 9, 14, channels);
                for (Tensor y : new Tensor[] {ResizeBilinear.of(x, 50, 31, true), ResizeBilinear.of(x, 4, 5, false),
                        ResizeBicubic.toSize(x, 20, 7, true), ResizeBicubic.byScale(x, 1.3, 0.6)}) {
                    for (float v : y.toFloats()) {
                        assertEquals(0.7f, v, 4 * Math.ulp(0.7f));
                    }
                }
            }
        }
    }

    /**
     * A map of one infinite pixel: it must not reach pixels that do not read it, even across the borders of tasks and
     * tiles.
     */
    @Test
    void anInfinityStaysWhereItIsRead() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            float[] values = new float[40 * 200 * 16];
            int row = 17;
            int column = 130;
            values[(row * 200 + column) * 16] = Float.POSITIVE_INFINITY;
            float[] y = ResizeBilinear.of(Tensors.of(values, 1, 40, 200, 16), 80, 400, false).toFloats();
            for (int i = 0; i < 80; i++) {
                for (int j = 0; j < 400; j++) {
                    boolean near = Math.abs((i + 0.5) / 2 - 0.5 - row) <= 1
                            && Math.abs((j + 0.5) / 2 - 0.5 - column) <= 1;
                    assertTrue(near || y[(i * 400 + j) * 16] == 0, "pixel " + i + ", " + j);
                    assertEquals(0, y[(i * 400 + j) * 16 + 1], "the neighbouring channel");
                }
            }
        }
    }

    @Test
    void permuteMovesAxes() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {0, 1, 2, 3, 4, 5}, 1, 2, 3);
            assertArrayEquals(new float[] {0, 3, 1, 4, 2, 5}, Permute.transpose(x, -1, 1).toFloats());
            assertEquals(Shape.of(3, 1, 2), Permute.of(x, 2, 0, 1).shape());
        }
    }

    @Test
    void reducesOverAxes() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = Tensors.of(new float[] {0, 1, 2, 3, 4, 5}, 2, 3);
            assertArrayEquals(new float[] {1, 4}, Reduce.mean(x, false, -1).toFloats());
            assertEquals(Shape.of(1, 3), Reduce.sum(x, true, 0).shape());
            assertEquals(2.5, Reduce.mean(x).item());
            refused(() -> Reduce.sum(x, true, 1, -1), "axis 1 twice");
            refused(() -> Reduce.mean(Tensors.of(new float[0], 0, 3), false, 0), "no elements");
        }
    }

    @Test
    void errorsSayWhatIsWrong() {
        try (MemoryScope scope = MemoryScope.open("test")) {
            Tensor x = constant(1, 1, 3, 4, 2);
            refused(() -> ResizeBilinear.of(x, 0, 4, true), "0 x 4", "at least 1");
            refused(() -> ResizeBilinear.of(constant(1, 3, 4), 5, 5, true), "[N,H,W,C]", "[3, 4]");
            refused(() -> ResizeNearest.of(constant(1, 1, 0, 4, 2), 2, 2), "no pixels");
            refused(() -> ResizeBicubic.byScale(x, 0, 1), "scale factors are 0.0");
            refused(() -> ResizeBicubic.byScale(x, 1, Double.NaN), "NaN");
            refused(() -> ResizeBicubic.byScale(x, 0.1, 1), "0 x 4");
            refused(() -> Permute.of(x, 0, 1, 2), "every axis");
            refused(() -> Permute.of(x, 0, 1, 2, 2), "every axis");
            assertThrows(FathomException.class, () -> Permute.of(x, 0, 1, 2, 4));
        }
    }
}
