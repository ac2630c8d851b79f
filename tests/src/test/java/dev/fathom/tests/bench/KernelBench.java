package dev.fathom.tests.bench;

import dev.fathom.engine.Device;
import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cpu.Lanes;
import dev.fathom.engine.cpu.WorkPool;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.OpCost;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.dinov2.VitConfig;
import dev.fathom.models.dinov2.VitConfig.Ffn;
import dev.fathom.models.dpt.DptConfig;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One kernel in a fresh process, alone or after many others: start it through {@link KernelBenchMain}, which sets the
 * vector width. Not a test.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 7, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class KernelBench {
    /** Whether the process ran other things before. */
    public enum Before {
        /** Nothing: the compiler sees the kernel at this one shape. */
        NOTHING,
        /** Training steps of small networks at several sizes: every kernel at many shapes, as in a real process. */
        NETWORKS
    }

    @Param
    private Kernel kernel;

    @Param
    private Before before;

    @Param("512")
    private int bits;

    @Param("1")
    private int threads;

    private MemoryScope scope;
    private Tensor[] in;

    /** What a run of the kernel did: JMH divides it by the time. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Done {
        /** Floating-point operations, in 10^9; 0 for kernels without products. */
        public double gflop;
        /** Bytes read and written at least, in 10^9. */
        public double gigabytes;

        /** JMH does not set counters back by itself. */
        @Setup(org.openjdk.jmh.annotations.Level.Iteration)
        public void reset() {
            gflop = 0;
            gigabytes = 0;
        }
    }

    @Setup
    public void setUp() {
        if (Lanes.BITS != bits) {
            throw new IllegalStateException("this process has vectors of " + Lanes.BITS + " bits, not " + bits
                    + ": start the benchmark through KernelBenchMain");
        }
        WorkPool.replaceShared(new WorkPool(threads)).close();
        if (before == Before.NETWORKS) {
            runNetworks();
        }
        scope = MemoryScope.open("benchmark");
        in = new Tensor[kernel.inputs().size()];
        for (int i = 0; i < in.length; i++) {
            in[i] = numbers(kernel.inputs().get(i));
        }
    }

    @TearDown
    public void tearDown() {
        scope.close();
    }

    @Benchmark
    public void run(Done done) {
        try (MemoryScope run = MemoryScope.open("run"); GradMode.Scope off = GradMode.noGrad()) {
            Dispatcher.run(kernel.op(), in);
        }
        OpCost cost = kernel.cost();
        done.gflop += cost.flops() * 1e-9;
        done.gigabytes += cost.bytes() * 1e-9;
    }

    private static void runNetworks() {
        for (int dim : new int[] {48, 60, 96}) {
            ModelConfig config = new ModelConfig(new VitConfig(70, 14, dim, 4, 3, Ffn.MLP), List.of(0, 1, 2, 3),
                    new DptConfig(16, List.of(12, 24, 48, 48), false, false));
            try (MemoryScope model = MemoryScope.open("model")) {
                DepthAnythingV2 network = new DepthAnythingV2(config, new DepthHead.Metric(10));
                network.parameters().initialise(1);
                for (int step = 0; step < 40; step++) {
                    int side = 70 + step % 4 * 28;
                    try (MemoryScope run = MemoryScope.open("run")) {
                        Tensor y = network.forward(numbers(new TensorSpec(Shape.of(1, side, side, 3), DType.F32)));
                        Backward.of(y, numbers(y.spec()), null);
                    }
                }
            }
        }
    }

    /** Between 0.1 and 1: nothing that becomes denormal, which would be slow. */
    private static Tensor numbers(TensorSpec spec) {
        float[] values = new float[Math.toIntExact(spec.shape().numel())];
        int state = 12345;
        for (int i = 0; i < values.length; i++) {
            state = state * 1664525 + 1013904223;
            values[i] = 0.1f + 0.9f * (state >>> 8) / (1 << 24);
        }
        return Tensor.allocate(spec, Device.CPU).copyFrom(values);
    }
}
