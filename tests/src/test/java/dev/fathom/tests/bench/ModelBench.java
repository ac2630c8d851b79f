package dev.fathom.tests.bench;

import dev.fathom.engine.Device;
import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measures a whole network, forward and backward, and what each kernel takes of it. Run its {@code main}. Not a test.
 */
public final class ModelBench {
    private ModelBench() {
    }

    /** Arguments: encoder (vits), input size (518), runs (10), threads (those of the shared pool). */
    public static void main(String[] args) {
        String encoder = args.length > 0 ? args[0] : "vits";
        int size = args.length > 1 ? Integer.parseInt(args[1]) : 518;
        int runs = args.length > 2 ? Integer.parseInt(args[2]) : 10;
        if (args.length > 3) {
            WorkPool.replaceShared(new WorkPool(Integer.parseInt(args[3]))).close();
        }
        System.out.println(encoder + " at " + size + ", " + WorkPool.shared().threads() + " threads");
        try (MemoryScope model = MemoryScope.open("model")) {
            DepthAnythingV2 network = new DepthAnythingV2(Encoder.of(encoder).config(), new DepthHead.Metric(10));
            network.parameters().initialise(1);
            Tensor x = Tensor.allocate(new TensorSpec(Shape.of(1, size, size, 3), DType.F32), Device.CPU);
            float[] values = new float[(int) x.numel()];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) Math.sin(i * 0.01);
            }
            x.copyFrom(values);
            network.parameters().training(false);
            measure("forward", runs, () -> {
                try (GradMode.Scope off = GradMode.noGrad()) {
                    network.forward(x);
                }
            });
            network.parameters().training(true);
            measure("forward and backward", runs, () -> {
                Tensor y = network.forward(x);
                Backward.of(y, Tensor.allocate(y.spec(), Device.CPU).copyFrom(new float[(int) y.numel()]), null);
            });
        }
    }

    private static void measure(String what, int runs, Runnable work) {
        double[] times = new double[runs];
        for (int i = 0; i < runs; i++) {
            times[i] = once(work);
            if (i < 3) {
                System.out.printf(Locale.ROOT, "%s, run %d: %.0f ms%n", what, i + 1, times[i]);
            }
        }
        Arrays.sort(times);
        System.out.printf(Locale.ROOT, "%s: median %.0f ms, best %.0f ms%n", what, times[runs / 2], times[0]);
        Map<String, double[]> kernels = new TreeMap<>();
        // From kernel to kernel: the little that happens between two kernels counts for the second.
        long[] last = {ProductBench.clock()};
        Dispatcher.listen((op, in, out, nanos) -> {
            double[] sum = kernels.computeIfAbsent(op.name(), n -> new double[2]);
            long now = ProductBench.clock();
            sum[0]++;
            sum[1] += (now - last[0]) * 1e-6;
            last[0] = now;
        });
        double all = once(work);
        Dispatcher.listen(null);
        kernels.entrySet().stream().sorted((a, b) -> Double.compare(b.getValue()[1], a.getValue()[1])).forEach(e ->
            System.out.printf(Locale.ROOT, "  %-28s %4.0f calls %8.1f ms%n",
                e.getKey(), e.getValue()[0], e.getValue()[1]));
        double inKernels = kernels.values().stream().mapToDouble(v -> v[1]).sum();
        System.out.printf(Locale.ROOT, "  %-28s %15.1f ms of %.1f ms%n", "after the last kernel", all - inKernels, all);
    }

    private static double once(Runnable work) {
        try (MemoryScope scope = MemoryScope.open("run")) {
            long start = ProductBench.clock();
            work.run();
            return (ProductBench.clock() - start) * 1e-6;
        }
    }
}
