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
 * Where threads wait for each other: what a parallel region costs, how long one pass takes on one thread and on two (in
 * turns), and for each kernel how much of its time the second thread stood idle. Run its {@code main}. Not a test.
 */
public final class ThreadBench {
    private static final int REGIONS = 20_000;

    private ThreadBench() {
    }

    /** What happened from kernel to kernel; the little between two kernels counts for the second. */
    private static final class Sum {
        private int calls;
        private long nanos;
        private long worker;
    }

    /** Arguments: encoder (vits), input size (518), turns (7), forward or step (forward). */
    public static void main(String[] args) {
        Encoder encoder = Encoder.of(args.length > 0 ? args[0] : "vits");
        int size = args.length > 1 ? Integer.parseInt(args[1]) : 518;
        int turns = args.length > 2 ? Integer.parseInt(args[2]) : 7;
        boolean step = args.length > 3 && args[3].equals("step");
        try (WorkPool one = new WorkPool(1); WorkPool two = new WorkPool(2);
                MemoryScope model = MemoryScope.open("model")) {
            WorkPool former = WorkPool.replaceShared(two);
            System.out.printf(Locale.ROOT, "an empty region of two tasks: %.2f microseconds%n", empty(two));
            DepthAnythingV2 network = new DepthAnythingV2(encoder.config(), new DepthHead.Metric(10));
            network.parameters().initialise(1);
            network.parameters().training(step);
            Tensor x = Tensor.allocate(new TensorSpec(Shape.of(1, size, size, 3), DType.F32), Device.CPU);
            float[] values = new float[(int) x.numel()];
            Arrays.fill(values, 0.3f);
            x.copyFrom(values);
            double[][] times = new double[2][turns];
            for (int i = -3; i < turns; i++) {
                for (WorkPool pool : new WorkPool[] {one, two}) {
                    WorkPool.replaceShared(pool);
                    double time = pass(network, x, step);
                    if (i >= 0) {
                        times[pool.threads() - 1][i] = time;
                    }
                }
            }
            Arrays.sort(times[0]);
            Arrays.sort(times[1]);
            System.out.printf(Locale.ROOT, "one thread %.3f s, two %.3f s: %.2f times as fast%n", times[0][turns / 2],
                times[1][turns / 2], times[0][turns / 2] / times[1][turns / 2]);
            kernels(two, network, x, step);
            WorkPool.replaceShared(former);
        }
    }

    private static void kernels(WorkPool two, DepthAnythingV2 network, Tensor x, boolean step) {
        Map<String, Sum> sums = new TreeMap<>();
        long[] last = {System.nanoTime(), two.workerNanos(), two.workerParks()};
        Dispatcher.listen((op, in, out, nanos) -> {
            Sum sum = sums.computeIfAbsent(op.name(), n -> new Sum());
            long now = System.nanoTime();
            long worker = two.workerNanos();
            sum.calls++;
            sum.nanos += now - last[0];
            sum.worker += worker - last[1];
            last[0] = now;
            last[1] = worker;
        });
        double all = pass(network, x, step);
        Dispatcher.listen(null);
        System.out.printf(Locale.ROOT, "%.1f ms, in which the second thread parked %d times%n", all * 1e3,
            two.workerParks() - last[2]);
        System.out.println("kernel                        calls       ms   idle ms   idle share");
        sums.entrySet().stream().sorted((a, b) -> Long.compare(b.getValue().nanos, a.getValue().nanos)).forEach(e -> {
            Sum sum = e.getValue();
            System.out.printf(Locale.ROOT, "%-28s %6d %8.2f %9.2f %10.0f %%%n", e.getKey(), sum.calls,
                sum.nanos * 1e-6, (sum.nanos - sum.worker) * 1e-6, 100.0 * (sum.nanos - sum.worker) / sum.nanos);
        });
    }

    /** Seconds. */
    private static double pass(DepthAnythingV2 network, Tensor x, boolean step) {
        try (MemoryScope scope = MemoryScope.open("pass")) {
            long start = System.nanoTime();
            if (step) {
                Tensor y = network.forward(x);
                Backward.of(y, Tensor.allocate(y.spec(), Device.CPU).copyFrom(new float[(int) y.numel()]), null);
            } else {
                try (GradMode.Scope off = GradMode.noGrad()) {
                    network.forward(x);
                }
            }
            return (System.nanoTime() - start) * 1e-9;
        }
    }

    /** Microseconds that a region of two tasks takes which do nothing. */
    private static double empty(WorkPool pool) {
        double[] times = new double[9];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            for (int r = 0; r < REGIONS; r++) {
                pool.run(2, task -> { });
            }
            times[i] = (System.nanoTime() - start) * 1e-3 / REGIONS;
        }
        Arrays.sort(times);
        return times[times.length / 2];
    }
}
