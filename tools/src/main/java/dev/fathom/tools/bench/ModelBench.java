package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.HostAllocator;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.OpCost;
import dev.fathom.engine.ops.SiLogLoss;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/** Times forward passes or training steps of a model with random weights (the values do not change the time). */
final class ModelBench {
    /** Time, products and bytes of one kind of operation over a pass. */
    record OpTime(String name, int calls, double seconds, long flops, long bytes) {
        OpTime plus(double s, long f, long b) {
            return new OpTime(name, calls + 1, seconds + s, flops + f, bytes + b);
        }
    }

    /**
     * @param seconds of each timed run, sorted
     * @param flops of the products of one run
     * @param peakBytes of tensors, parameters included
     * @param ops of one run, slowest first
     */
    record Result(double[] seconds, long flops, long peakBytes, List<OpTime> ops) {
        double median() {
            return seconds[seconds.length / 2];
        }
    }

    private final Encoder encoder;
    private final int side;
    private final int batch;
    private final Precision precision;

    ModelBench(Encoder encoder, int side, int batch, Precision precision) {
        this.encoder = encoder;
        this.side = side;
        this.batch = batch;
        this.precision = precision;
    }

    /** @param done called with the number of runs done, warm-up included, of {@code 2 * runs} */
    Result forward(int runs, IntConsumer done) {
        try (MemoryScope scope = MemoryScope.open("bench")) {
            DepthAnythingV2 model = model();
            Tensor x = input();
            try (Autocast mixed = Autocast.open(precision)) {
                return time(runs, done, () -> {
                    try (GradMode.Scope off = GradMode.noGrad()) {
                        model.forward(x);
                    }
                });
            }
        }
    }

    /** Forward, SiLog, backward and AdamW. */
    Result step(int runs, IntConsumer done) {
        try (MemoryScope scope = MemoryScope.open("bench")) {
            DepthAnythingV2 model = model();
            AdamW optimiser = new AdamW(List.of(new ParameterGroup("all", 1,
                    model.parameters().trainable().stream().map(p -> new Trainable(p.name(), p.tensor())).toList())),
                    AdamWSettings.DEFAULT);
            Tensor x = input();
            Tensor target = Tensors.full(new TensorSpec(Shape.of(batch, side, side), DType.F32), Device.CPU, 3);
            boolean[] all = new boolean[batch * side * side];
            Arrays.fill(all, true);
            Tensor mask = Tensors.mask(all, batch, side, side);
            return time(runs, done, () -> {
                Tensor loss;
                try (Autocast mixed = Autocast.open(precision)) {
                    loss = SiLogLoss.of(model.forward(x), target, mask);
                }
                optimiser.step(Backward.of(loss), 1e-7);
            });
        }
    }

    private DepthAnythingV2 model() {
        DepthAnythingV2 model = new DepthAnythingV2(encoder.config(), new DepthHead.Metric(10));
        model.parameters().initialise(1);
        return model;
    }

    private Tensor input() {
        float[] values = new float[batch * side * side * 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 31 % 255) / 64f - 2;
        }
        return Tensors.of(values, batch, side, side, 3);
    }

    private static Result time(int runs, IntConsumer done, Runnable work) {
        double[] seconds = new double[runs];
        for (int i = -runs; i < runs; i++) {
            HostAllocator.shared().resetPeak();
            double s = once(work);
            if (i >= 0) {
                seconds[i] = s;
            }
            done.accept(i + runs + 1);
        }
        long peak = HostAllocator.shared().stats().peakBytes();
        Map<String, OpTime> ops = new LinkedHashMap<>();
        Dispatcher.listen((op, in, out, nanos) -> {
            OpCost cost = op.cost(in.stream().map(Tensor::spec).toList(), out.stream().map(Tensor::spec).toList());
            ops.merge(op.name(), new OpTime(op.name(), 1, nanos * 1e-9, cost.flops(), cost.bytes()),
                    (a, b) -> a.plus(b.seconds, b.flops, b.bytes));
        });
        try {
            once(work);
        } finally {
            Dispatcher.listen(null);
        }
        Arrays.sort(seconds);
        return new Result(seconds, ops.values().stream().mapToLong(OpTime::flops).sum(), peak,
                ops.values().stream().sorted(Comparator.comparingDouble(OpTime::seconds).reversed()).toList());
    }

    private static double once(Runnable work) {
        long start = System.nanoTime();
        try (MemoryScope scope = MemoryScope.open("run")) {
            work.run();
        }
        return (System.nanoTime() - start) * 1e-9;
    }
}
