package dev.fathom.tests.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.cpu.kernels.Gemm;
import dev.fathom.engine.cpu.kernels.GemmOperands.Matrix;
import dev.fathom.engine.cpu.kernels.GemmOperands.Panels;
import dev.fathom.engine.cpu.kernels.GemmOperands.Rows;
import dev.fathom.engine.cpu.kernels.GemmOutput;
import dev.fathom.engine.cpu.kernels.GemmOutput.Activation;
import dev.fathom.engine.numeric.SpecialFunctions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packed product against float64 loops: awkward shapes, all transposes, every epilogue, every vector width. */
class GemmTest {
    private static final int V = Lanes.FLOATS;

    /** M, N, K around the edges of tiles, panels and blocks. */
    private static int[][] shapes() {
        return new int[][] {
            {1, 1, 1}, {0, 3, 2}, {3, 0, 2}, {5, 7, 0}, {1, 2 * V, 3}, {4, 1, 5}, {5, V - 1, 9}, {6, V, 17},
            {7, V + 1, 2},
            {8, 2 * V - 1, 33}, {9, 2 * V + 1, 1}, {12, 2 * V, 384}, {13, 4 * V + 3, 385}, {17, 3, 800}, {70, 50, 769},
            {200, 2 * V + 2, 20}, {411, 40, 61}, {5, 3, 1700}, {70, V + 1, 4000}};
    }

    @Test
    void agreesWithDoubleLoopsInEveryTransposition() {
        for (int[] s : shapes()) {
            for (int variant = 0; variant < 4; variant++) {
                check(s[0], s[1], s[2], (variant & 1) != 0, (variant & 2) != 0, 0);
            }
        }
    }

    @Test
    void everyEpilogueInEveryCombination() {
        for (int[] s : new int[][] {{9, 2 * V + 5, 7}, {8, 2 * V, 390}, {3, 1, 0}}) {
            for (int options = 0; options < 512; options++) {
                check(s[0], s[1], s[2], false, true, options);
            }
        }
    }

    @Test
    void bitsDoNotDependOnTheNumberOfThreads() {
        float[] one = null;
        for (int threads : new int[] {1, 2, 3}) {
            WorkPool former = WorkPool.replaceShared(new WorkPool(threads));
            try {
                float[] c = concat(product(523, 150, 900, false, true, 1), product(40, 20, 5000, true, false, 3));
                if (one == null) {
                    one = c;
                }
                assertArrayEquals(one, c, threads + " threads");
            } finally {
                WorkPool.replaceShared(former).close();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void atEveryVectorWidth(int bits) throws IOException, InterruptedException {
        Process java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1",
            "-D" + Lanes.PROPERTY + "=" + bits, "-cp", System.getProperty("java.class.path"), GemmTest.class.getName())
            .redirectErrorStream(true).start();
        String output = new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, java.waitFor(), output);
        assertTrue(output.contains("passed at " + bits), output);
    }

    /** The same checks in a JVM of their own: the vector width is a constant of the process. */
    public static void main(String[] args) {
        GemmTest test = new GemmTest();
        test.agreesWithDoubleLoopsInEveryTransposition();
        test.everyEpilogueInEveryCombination();
        System.out.println("passed at " + Lanes.BITS);
    }

    private static void check(int m, int n, int k, boolean transA, boolean transB, int options) {
        product(m, n, k, transA, transB, options);
    }

    /**
     * Runs and verifies one product. Options, bit by bit: accumulate, bias, ReLU, preactivation, residual, GELU, scale,
     * second residual, mask.
     */
    private static float[] product(int m, int n, int k, boolean transA, boolean transB, int options) {
        String what = m + "x" + n + "x" + k + (transA ? " A^T" : "") + (transB ? " B^T" : "") + " options " + options;
        Random random = new Random(31L * m + 7L * n + k);
        int padA = 3;
        int padB = 1;
        int padC = 2;
        int lda = (transA ? m : k) + padA;
        int ldb = (transB ? k : n) + padB;
        int ldc = n + padC;
        float[] a = values(random, (transA ? k : m) * lda);
        float[] b = values(random, (transB ? n : k) * ldb);
        float[] before = values(random, m * ldc);
        float[] bias = values(random, n);
        float[] residual = values(random, m * ldc);
        float[] scale = values(random, n);
        float[] other = values(random, m * ldc);
        float[] mask = values(random, m * ldc);
        Activation activation = (options & 32) != 0 ? Activation.GELU
            : (options & 4) != 0 ? Activation.RELU : Activation.NONE;
        try (Arena arena = Arena.ofShared()) {
            Guarded as = Guarded.of(arena, a);
            Guarded bs = Guarded.of(arena, b);
            Guarded cs = Guarded.of(arena, before);
            Guarded biases = Guarded.of(arena, bias);
            Guarded residuals = Guarded.of(arena, residual);
            Guarded scales = Guarded.of(arena, scale);
            Guarded others = Guarded.of(arena, other);
            Guarded masks = Guarded.of(arena, mask);
            Guarded preactivations = Guarded.of(arena, before);
            GemmOutput out = GemmOutput.to(cs.segment(), cs.offset(), ldc * 4L);
            out = (options & 1) != 0 ? out.accumulating() : out;
            out = (options & 2) != 0 ? out.withBias(biases.segment(), biases.offset()) : out;
            out = out.withActivation(activation, (options & 8) == 0 ? null
                : from(preactivations));
            out = out.withResidual((options & 16) == 0 ? null : from(residuals), (options & 128) == 0 ? null
                : from(others));
            out = (options & 64) != 0 ? out.withScale(from(scales)) : out;
            out = (options & 256) != 0 ? out.withMask(from(masks)) : out;
            Matrix matrixA = Matrix.dense(as.segment(), as.offset(), lda);
            Matrix matrixB = Matrix.dense(bs.segment(), bs.offset(), ldb);
            Rows rows = transA ? matrixA.asRowsTransposed() : matrixA.asRows();
            Panels panels = transB ? matrixB.asPanelsTransposed() : matrixB.asPanels();
            Gemm.run(rows, panels, m, n, k, out);
            cs.assertGuards(what);
            preactivations.assertGuards(what);
            float[] c = cs.values();
            float[] pre = preactivations.values();
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    double size = 1;
                    for (int l = 0; l < k; l++) {
                        double left = a[transA ? l * lda + i : i * lda + l];
                        double term = left * b[transB ? j * ldb + l : l * ldb + j];
                        sum += term;
                        size += Math.abs(term);
                    }
                    sum += (options & 1) != 0 ? before[i * ldc + j] : 0;
                    sum += (options & 2) != 0 ? bias[j] : 0;
                    double tolerance = 4 * 0x1p-24 * Math.sqrt(k + 4) * (size / Math.sqrt(k + 1) + 3);
                    if ((options & 8) != 0) {
                        assertEquals(sum, pre[i * ldc + j], tolerance, what + " preactivation [" + i + ", " + j + "]");
                    }
                    sum = activation == Activation.GELU ? sum * SpecialFunctions.normalCdf(sum) : sum;
                    sum *= (options & 64) != 0 ? scale[j] : 1;
                    sum += (options & 16) != 0 ? residual[i * ldc + j] : 0;
                    sum += (options & 128) != 0 ? other[i * ldc + j] : 0;
                    sum = (options & 256) != 0 && mask[i * ldc + j] <= 0 ? 0 : sum;
                    sum = activation == Activation.RELU ? Math.max(sum, 0) : sum;
                    assertEquals(sum, c[i * ldc + j], tolerance, what + " [" + i + ", " + j + "]");
                }
                for (int j = n; j < ldc; j++) {
                    assertEquals(before[i * ldc + j], c[i * ldc + j], what + ": wrote between the rows of C");
                }
            }
            return c;
        }
    }

    private static MemorySegment from(Guarded values) {
        return values.segment().asSlice(values.offset());
    }

    private static float[] concat(float[] a, float[] b) {
        float[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private static float[] values(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = random.nextFloat() * 2 - 1;
        }
        return values;
    }
}
