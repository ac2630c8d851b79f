package dev.fathom.tests.bench;

import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.cpu.kernels.Gemm;
import dev.fathom.engine.cpu.kernels.GemmOperands.Matrix;
import dev.fathom.engine.cpu.kernels.GemmOutput;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;

/** Measures the matrix product at the sizes of ViT-S at 518 x 518; run its {@code main}. Not a test. */
public final class GemmBench {
    private GemmBench() {
    }

    /** Arguments: thread counts, default 1 2. */
    public static void main(String[] args) {
        System.out.println(Lanes.describe());
        int[][] shapes = {{1370, 1536, 384}, {1370, 384, 1536}, {1370, 1152, 384}, {1370, 384, 384},
            {21904, 64, 432}, {268324, 32, 288}, {268324, 1, 32}, {1024, 1024, 1024}, {64, 64, 64}, {16, 16, 16},
            {1, 384, 384}};
        int[] threads = args.length == 0 ? new int[] {1, 2} : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
        for (int count : threads) {
            WorkPool.replaceShared(new WorkPool(count)).close();
            for (int[] s : shapes) {
                report(count + " threads, nt", s, measure(s[0], s[1], s[2], false));
            }
        }
        for (int[] s : new int[][] {{1536, 384, 1370}, {384, 1536, 1370}, {64, 576, 21904}}) {
            report("tn", s, measure(s[0], s[1], s[2], true));
        }
    }

    private static void report(String what, int[] s, double[] seconds) {
        double flops = 2.0 * s[0] * s[1] * s[2];
        System.out.printf(Locale.ROOT, "%-16s %7d x %5d x %5d: median %8.3f ms %6.1f GFLOP/s, best %6.1f%n", what,
            s[0], s[1], s[2], seconds[seconds.length / 2] * 1e3, flops / seconds[seconds.length / 2] * 1e-9,
            flops / seconds[0] * 1e-9);
    }

    /** Sorted seconds of many runs. {@code gradient}: A and B both K-major, else A row-major and B as [N, K]. */
    private static double[] measure(int m, int n, int k, boolean gradient) {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment a = random(arena, (long) m * k);
            MemorySegment b = random(arena, (long) n * k);
            MemorySegment c = random(arena, (long) m * n);
            double flops = 2.0 * m * n * k;
            int batch = (int) Math.clamp(1e7 / flops, 1, 2000);
            int runs = (int) Math.clamp(4e10 / (flops * batch), 15, 200);
            double[] seconds = new double[runs];
            for (int warm = 0; warm < 2; warm++) {
                for (int r = 0; r < runs; r++) {
                    long start = ProductBench.clock();
                    for (int i = 0; i < batch; i++) {
                        if (gradient) {
                            Gemm.run(Matrix.dense(a, 0, m).asRowsTransposed(), Matrix.dense(b, 0, n).asPanels(),
                                m, n, k, GemmOutput.to(c, 0, n * 4L));
                        } else {
                            Gemm.run(Matrix.dense(a, 0, k).asRows(), Matrix.dense(b, 0, k).asPanelsTransposed(),
                                m, n, k, GemmOutput.to(c, 0, n * 4L));
                        }
                    }
                    seconds[r] = (ProductBench.clock() - start) * 1e-9 / batch;
                }
            }
            Arrays.sort(seconds);
            return seconds;
        }
    }

    private static MemorySegment random(Arena arena, long count) {
        MemorySegment segment = arena.allocate(count * 4, 64);
        for (long i = 0; i < count; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) Math.sin(i * 0.7));
        }
        return segment;
    }
}
