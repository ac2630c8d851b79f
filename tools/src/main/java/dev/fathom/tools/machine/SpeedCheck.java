package dev.fathom.tools.machine;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.MatMul;
import java.util.Arrays;

/**
 * How fast this machine multiplies matrices: by an ordinary Java loop, and by the engine's kernels on one thread and on
 * all. Takes about two seconds, most of which the compiler needs.
 *
 * @param scalar    GFLOP/s of the loop
 * @param oneThread GFLOP/s of the engine on one thread
 * @param all       GFLOP/s of the engine on all threads
 * @param threads   how many all are
 */
public record SpeedCheck(double scalar, double oneThread, double all, int threads) {
    private static final int LOOP_SIDE = 256;
    private static final int ENGINE_SIDE = 1024;
    private static final long WARM_UP_NANOS = 400_000_000L;
    private static final int TRIALS = 7;

    /** Measures. */
    static SpeedCheck run() {
        double scalar = gflops(LOOP_SIDE, loop());
        WorkPool single = new WorkPool(1);
        WorkPool shared = WorkPool.replaceShared(single);
        double one;
        try {
            one = engine();
        } finally {
            WorkPool.replaceShared(shared);
            single.close();
        }
        return new SpeedCheck(scalar, one, shared.threads() == 1 ? one : engine(), shared.threads());
    }

    private static double engine() {
        try (MemoryScope operands = MemoryScope.open("speed check")) {
            Tensor a = Tensors.of(numbers(ENGINE_SIDE), ENGINE_SIDE, ENGINE_SIDE);
            return gflops(ENGINE_SIDE, () -> {
                try (MemoryScope product = MemoryScope.open("product")) {
                    MatMul.of(a, a);
                }
            });
        }
    }

    /**
     * Rows times columns by dot products: a float sum has an order, so the compiler may not use the vector unit for it.
     */
    private static Runnable loop() {
        int n = LOOP_SIDE;
        float[] a = numbers(n);
        float[] c = new float[n * n];
        return () -> {
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    float sum = 0;
                    for (int k = 0; k < n; k++) {
                        sum += a[i * n + k] * a[j * n + k];
                    }
                    c[i * n + j] = sum;
                }
            }
        };
    }

    private static float[] numbers(int n) {
        float[] values = new float[n * n];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i % 17 - 8) / 8f;
        }
        return values;
    }

    /** Best rate of n x n products (others may use the machine too), after a time for the compiler. */
    private static double gflops(int n, Runnable product) {
        long start = System.nanoTime();
        while (System.nanoTime() - start < WARM_UP_NANOS) {
            product.run();
        }
        double[] rates = new double[TRIALS];
        for (int i = 0; i < TRIALS; i++) {
            long before = System.nanoTime();
            product.run();
            rates[i] = 2.0 * n * n * n / (System.nanoTime() - before);
        }
        Arrays.sort(rates);
        return rates[TRIALS - 1];
    }
}
