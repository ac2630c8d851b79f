package dev.fathom.tests.bench;

import dev.fathom.engine.Device;
import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.ConvGeometry;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.MatMul;
import dev.fathom.engine.ops.SumTo;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Measures every linear and convolution layer of ViT-S at 518 x 518, forward and backward, through the dispatcher;
 * prints what each kind of layer costs a whole network. Run its {@code main}. Not a test.
 */
public final class ProductBench {
    private static final Random RANDOM = new Random(1);
    private static double forward;
    private static double backward;
    private static double forwardFlops;

    private ProductBench() {
    }

    /** Arguments: number of threads (default: the shared pool's), number of repetitions (default 15). */
    public static void main(String[] args) {
        if (args.length > 0) {
            WorkPool.replaceShared(new WorkPool(Integer.parseInt(args[0]))).close();
        }
        int runs = args.length > 1 ? Integer.parseInt(args[1]) : 15;
        System.out.println(Lanes.describe() + ", " + WorkPool.shared().threads() + " threads");
        System.out.println("layer                            times   forward ms GFLOP/s   dx ms   dw ms   db ms");
        for (int warm = 0; warm < 2; warm++) {
            forward = 0;
            backward = 0;
            forwardFlops = 0;
            boolean print = warm == 1;
            int n = warm == 0 ? 3 : runs;
            linear(print, n, 12, "qkv", 1370, 384, 1152, false);
            linear(print, n, 12, "proj", 1370, 384, 384, false);
            linear(print, n, 12, "fc1+gelu", 1370, 384, 1536, true);
            linear(print, n, 12, "fc2", 1370, 1536, 384, false);
            conv(print, n, 1, "patch 14x14", 518, 3, 384, 14, 14, 0);
            int[] channels = {48, 96, 192, 384};
            int[] sizes = {148, 74, 37, 19};
            for (int i = 0; i < 4; i++) {
                conv(print, n, 1, "project " + channels[i], 37, 384, channels[i], 1, 1, 0);
                conv(print, n, 1, "layer_rn " + channels[i], sizes[i], channels[i], 64, 3, 1, 1);
                conv(print, n, i == 3 ? 2 : 4, "rcu " + sizes[i], sizes[i], 64, 64, 3, 1, 1);
                conv(print, n, 1, "out_conv", i == 0 ? 296 : sizes[i - 1], 64, 64, 1, 1, 0);
            }
            conv(print, n, 1, "resize stride 2", 37, 384, 384, 3, 2, 1);
            transposed(print, n, "transposed x4", 48, 4);
            transposed(print, n, "transposed x2", 96, 2);
            conv(print, n, 1, "output_conv1", 296, 64, 32, 3, 1, 1);
            conv(print, n, 1, "output_conv2.0", 518, 32, 32, 3, 1, 1);
            conv(print, n, 1, "output_conv2.2", 518, 32, 1, 1, 1, 0);
        }
        System.out.printf(Locale.ROOT, "all forward %.1f ms (%.1f GFLOP, %.1f GFLOP/s), all backward %.1f ms%n",
            forward, forwardFlops * 1e-9, forwardFlops / forward * 1e-6, backward);
    }

    private static void linear(boolean print, int runs, int times, String name, int rows, int in, int out,
                               boolean gelu) {
        try (MemoryScope scope = MemoryScope.open(name)) {
            Tensor x = random(rows, in);
            Tensor w = random(out, in);
            Tensor b = random(out);
            Tensor dy = random(rows, out);
            double y = millis(runs, () -> gelu ? Linear.gelu(x, w, b) : Linear.of(x, w, b));
            double dx = millis(runs, () -> MatMul.of(dy, w));
            double dw = millis(runs, () -> MatMul.of(dy, true, x, false));
            double db = millis(runs, () -> SumTo.of(dy, Shape.of(out)));
            report(print, times, name, 2.0 * rows * in * out, y, dx, dw, db);
        }
    }

    private static void conv(boolean print, int runs, int times, String name, int size, int in, int out, int kernel,
                             int stride, int padding) {
        ConvGeometry geometry = ConvGeometry.square(stride, padding);
        try (MemoryScope scope = MemoryScope.open(name)) {
            Tensor x = random(1, size, size, in);
            Tensor w = random(out, kernel, kernel, in);
            Tensor b = random(out);
            Tensor y = Conv2d.of(x, w, b, stride, padding);
            double f = millis(runs, () -> Conv2d.of(x, w, b, stride, padding));
            double dx = millis(runs, () -> Dispatcher.run1(new Conv2dBackwardInput(geometry, size, size), y, w));
            double dw = millis(runs, () -> Dispatcher.run1(new Conv2dBackwardWeight(geometry, kernel, kernel), x, y));
            double db = millis(runs, () -> SumTo.of(y.reshape(-1, out), Shape.of(out)));
            report(print, times, name, 2.0 * y.numel() * kernel * kernel * in, f, kernel == 14 ? 0 : dx, dw, db);
        }
    }

    private static void transposed(boolean print, int runs, String name, int channels, int kernel) {
        ConvGeometry geometry = ConvGeometry.square(kernel, 0);
        try (MemoryScope scope = MemoryScope.open(name)) {
            Tensor x = random(1, 37, 37, channels);
            Tensor w = random(channels, kernel, kernel, channels);
            Tensor b = random(channels);
            Tensor y = ConvTranspose2d.of(x, w, b, kernel);
            double f = millis(runs, () -> ConvTranspose2d.of(x, w, b, kernel));
            double dx = millis(runs, () -> Conv2d.of(y, w, null, geometry, false));
            double dw = millis(runs, () -> Dispatcher.run1(new Conv2dBackwardWeight(geometry, kernel, kernel), y, x));
            double db = millis(runs, () -> SumTo.of(y.reshape(-1, channels), Shape.of(channels)));
            report(print, 1, name, 2.0 * y.numel() * channels, f, dx, dw, db);
        }
    }

    private static void report(boolean print, int times, String name, double flops, double y, double dx,
                               double dw, double db) {
        forward += times * y;
        backward += times * (dx + dw + db);
        forwardFlops += times * flops;
        if (print) {
            System.out.printf(Locale.ROOT, "%-32s %5d   %10.3f %7.1f %7.2f %7.2f %7.2f%n",
                name, times, y, flops / y * 1e-6, dx, dw, db);
        }
    }

    /** Median milliseconds. */
    private static double millis(int runs, Supplier<Tensor> work) {
        double[] times = new double[runs];
        try (GradMode.Scope off = GradMode.noGrad()) {
            for (int i = 0; i < runs; i++) {
                try (MemoryScope scope = MemoryScope.open("run")) {
                    long start = clock();
                    work.get();
                    times[i] = (clock() - start) * 1e-6;
                }
            }
        }
        Arrays.sort(times);
        return times[runs / 2];
    }

    /** With one thread its processor time, which other programs on the machine disturb less. */
    static long clock() {
        return WorkPool.shared().threads() == 1 ? ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime()
            : System.nanoTime();
    }

    private static Tensor random(int... dims) {
        Tensor t = Tensor.allocate(new TensorSpec(Shape.of(dims), DType.F32), Device.CPU);
        float[] values = new float[Math.toIntExact(t.numel())];
        for (int i = 0; i < values.length; i++) {
            values[i] = RANDOM.nextFloat() - 0.5f;
        }
        return t.copyFrom(values);
    }
}
