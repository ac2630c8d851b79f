package dev.fathom.tests.cuda.emulated;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.fathom.engine.cuda.emulated.ptx.EmulatedGpu;
import dev.fathom.engine.cuda.emulated.ptx.PtxModule;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;

/**
 * The worked example: property tests of two kernels on a machine without a GPU. Copy this class, put your own PTX beside it,
 * and say what your kernel must do for any size, any grid and any contents; jqwik looks for a case where it does not, and
 * shrinks it. The kernels' memory errors and races need no property: they are faults of their own.
 *
 * <p>saxpy.ptx is made of saxpy.cu by {@code nvcc --ptx -lineinfo}, so that faults name the line of the source.
 */
class SaxpyPropertiesTest {
    private static final PtxModule SAXPY = Ptx.resource("saxpy.ptx");

    private static float[] random(int n, long seed) {
        Random random = new Random(seed);
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = random.nextFloat() * 2 - 1;
        }
        return x;
    }

    /** Whatever the grid: every element once, by a fused multiply-add. */
    @Property(tries = 60)
    void saxpyIsTheFormula(@ForAll @IntRange(min = 1, max = 3000) int n, @ForAll @IntRange(min = 1, max = 9) int blocks,
            @ForAll @IntRange(min = 1, max = 256) int threads, @ForAll @FloatRange(min = -10, max = 10) float a, @ForAll long seed) {
        float[] x = random(n, seed);
        float[] y = random(n, seed + 1);
        float[] want = new float[n];
        for (int i = 0; i < n; i++) {
            want[i] = Math.fma(a, x[i], y[i]);
        }
        try (EmulatedGpu gpu = new EmulatedGpu()) {
            long onX = gpu.put(x, "x");
            long onY = gpu.put(y, "y");
            gpu.launch(SAXPY.kernel("saxpy"), blocks, threads, onX, onY, a, n);
            assertArrayEquals(want, gpu.floats(onY, n));
            assertArrayEquals(x, gpu.floats(onX, n)); // and it leaves x alone
        }
    }

    /** Near the sum in double precision, and the same bits when it runs again. */
    @Property(tries = 40)
    void rowSumsAddUp(@ForAll @IntRange(min = 1, max = 8) int rows, @ForAll @IntRange(min = 1, max = 700) int columns,
            @ForAll @IntRange(min = 1, max = 32) int warps, @ForAll long seed) {
        float[] x = random(rows * columns, seed);
        try (EmulatedGpu gpu = new EmulatedGpu()) {
            long onX = gpu.put(x, "x");
            float[][] results = new float[2][];
            for (int run = 0; run < 2; run++) {
                long sums = gpu.empty(4L * rows, "sums");
                gpu.launch(SAXPY.kernel("row_sums"), rows, 32 * warps, onX, sums, columns);
                results[run] = gpu.floats(sums, rows);
            }
            assertArrayEquals(results[0], results[1]);
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                double magnitude = 0;
                for (int i = 0; i < columns; i++) {
                    sum += x[row * columns + i];
                    magnitude += Math.abs(x[row * columns + i]);
                }
                assertEquals(sum, results[0][row], 1e-6 * magnitude);
            }
        }
    }
}
