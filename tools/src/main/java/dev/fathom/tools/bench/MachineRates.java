package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Binary;
import dev.fathom.engine.ops.MatMul;
import java.util.Arrays;

/**
 * What this machine can do, measured in the same process as the model: the rate of a large float32 product, and of
 * streaming through memory.
 *
 * @param gemmGflops 2 n³ of a 1536-cubed product over its median time
 * @param streamGigabytes bytes read and written a second by adding two arrays of 32 MiB (beyond the caches of most machines)
 */
record MachineRates(double gemmGflops, double streamGigabytes) {
    private static final int N = 1536;
    private static final int STREAM = 8 << 20;

    static MachineRates measure(int runs) {
        try (MemoryScope scope = MemoryScope.open("machine")) {
            float[] values = new float[N * N];
            for (int i = 0; i < values.length; i++) {
                values[i] = (i % 97 - 48) / 48f;
            }
            Tensor a = Tensors.of(values, N, N);
            Tensor b = Tensors.of(values, N, N);
            double gemm = median(runs, () -> MatMul.of(a, b));
            TensorSpec spec = new TensorSpec(Shape.of(STREAM), DType.F32);
            Tensor x = Tensors.zeros(spec, Device.CPU);
            Tensor y = Tensors.zeros(spec, Device.CPU);
            double stream = median(runs, () -> Binary.add(x, y));
            return new MachineRates(2.0 * N * N * N / gemm * 1e-9, 12.0 * STREAM / stream * 1e-9);
        }
    }

    /** Median seconds of {@code runs} runs after as many to warm up. */
    static double median(int runs, Runnable work) {
        double[] seconds = new double[runs];
        for (int i = -runs; i < runs; i++) {
            long start = System.nanoTime();
            try (MemoryScope scope = MemoryScope.open("run")) {
                work.run();
            }
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - start) * 1e-9;
            }
        }
        Arrays.sort(seconds);
        return seconds[runs / 2];
    }

    @Override
    public String toString() {
        return String.format(java.util.Locale.ROOT, "product %.0f GFLOP/s, streaming %.1f GB/s on %d threads",
                gemmGflops, streamGigabytes,
                WorkPool.shared().threads());
    }
}
