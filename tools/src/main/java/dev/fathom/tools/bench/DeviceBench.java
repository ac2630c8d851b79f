package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cuda.CapturedPass;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import dev.fathom.training.step.TrainStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Times a model on a GPU by the clock on the wall, the device being waited for after every run. Names of timings are
 * those of {@code tests/gpu/peer.py}, which times PyTorch's own model on the same work.
 */
public final class DeviceBench {
    /**
     * One thing that was timed.
     *
     * @param name what: {@code fwd fp16 b1 graph}
     * @param median milliseconds
     * @param least of all runs, milliseconds
     * @param most of all runs, milliseconds
     * @param runs how many were timed
     * @param peakBytes device memory that tensors took at most, weights included
     */
    public record Timing(String name, double median, double least, double most, int runs, long peakBytes) {
    }

    private final Device device;
    private final CudaBackend backend;
    private final ModelConfig config;
    private final int side;
    private final int runs;

    /**
     * @param device a GPU
     * @param side of pictures, in pixels
     * @param runs timed, after a third as many to warm up
     */
    public DeviceBench(Device device, ModelConfig config, int side, int runs) {
        this.device = device;
        this.backend = (CudaBackend) Backends.of(device);
        this.config = config;
        this.side = side;
        this.runs = runs;
    }

    /** Forward passes without gradients: the operations one by one, then the same captured as a graph. */
    public List<Timing> forward(int batch, Precision precision) {
        String name = "fwd " + precision + " b" + batch;
        try (MemoryScope scope = MemoryScope.open("bench"); GradMode.Scope off = GradMode.noGrad();
                Autocast mixed = Autocast.standing(precision); Autocast.Visit inside = mixed.enter()) {
            DepthAnythingV2 model = model();
            Tensor x = pictures(batch);
            List<Timing> timings = new ArrayList<>();
            timings.add(time(name, () -> model.forward(x)));
            CapturedPass[] pass = new CapturedPass[1];
            try (MemoryScope kept = MemoryScope.open("captured")) {
                pass[0] = CapturedPass.of(device, () -> List.of(model.forward(x)));
                timings.add(time(name + " graph", pass[0]::replay));
            } finally {
                if (pass[0] != null) {
                    pass[0].close();
                }
            }
            return timings;
        }
    }

    /** Steps of the trainer: forward, SiLog, backward, the look at the gradients, AdamW; fp16 with a loss scale. */
    public Timing step(int batch, Precision precision) {
        try (MemoryScope scope = MemoryScope.open("bench")) {
            DepthAnythingV2 model = model();
            GradScaler scaler = precision == Precision.FP16 ? GradScaler.from(GradScaler.INITIAL_SCALE)
                : GradScaler.off();
            Batch samples = MadeUp.samples(batch, side);
            try (TrainStep step = new TrainStep(model, optimiser(model), new SiLog(0.5), precision, scaler)) {
                return time("step " + precision + " b" + batch, () -> step.run(samples, 1e-7));
            }
        }
    }

    /**
     * Milliseconds by operation, slowest first, the device being waited for after each: what a pass consists of.
     * Waiting makes small operations look longer than they are.
     */
    public Map<String, double[]> operations(int batch, Precision precision, boolean training) {
        Map<String, double[]> byName = new LinkedHashMap<>();
        try (MemoryScope scope = MemoryScope.open("bench")) {
            DepthAnythingV2 model = model();
            Tensor x = pictures(batch);
            AdamW optimiser = optimiser(model);
            Batch samples = MadeUp.samples(batch, side);
            Runnable pass = training ? () -> {
                try (TrainStep step = new TrainStep(model, optimiser, new SiLog(0.5), precision, GradScaler.off())) {
                    step.run(samples, 1e-7);
                }
            } : () -> {
                try (GradMode.Scope off = GradMode.noGrad(); Autocast mixed = Autocast.open(precision)) {
                    model.forward(x);
                }
            };
            once(pass);
            backend.debugSync(true);
            Dispatcher.listen((op, in, out, nanos) -> {
                double[] row = byName.computeIfAbsent(op.name(), n -> new double[2]);
                row[0] += nanos * 1e-6;
                row[1]++;
            });
            try {
                once(pass);
            } finally {
                Dispatcher.listen(null);
                backend.debugSync(false);
            }
        }
        Map<String, double[]> sorted = new LinkedHashMap<>();
        byName.entrySet().stream().sorted((a, b) -> Double.compare(b.getValue()[0], a.getValue()[0]))
            .forEach(e -> sorted.put(e.getKey(), e.getValue()));
        return sorted;
    }

    private DepthAnythingV2 model() {
        DepthAnythingV2 model = new DepthAnythingV2(config, new DepthHead.Metric(10));
        model.parameters().initialise(1, device, name -> true);
        return model;
    }

    private static AdamW optimiser(DepthAnythingV2 model) {
        return new AdamW(List.of(new ParameterGroup("all", 1, model.parameters().trainable().stream()
            .map(p -> new Trainable(p.name(), p.tensor())).toList())), AdamWSettings.DEFAULT);
    }

    private Tensor pictures(int batch) {
        return Tensor.allocate(new TensorSpec(Shape.of(batch, side, side, 3), DType.F32), device)
            .copyFrom(MadeUp.pixels(batch * side * side * 3));
    }

    private Timing time(String name, Supplier<?> work) {
        Runnable run = work::get;
        // A training step is captured by its second run.
        int warm = runs == 1 ? 2 : Math.max(3, runs / 3);
        for (int i = 0; i < warm; i++) {
            once(run);
        }
        backend.cuda().allocator().resetPeak();
        double[] millis = new double[runs];
        for (int i = 0; i < runs; i++) {
            long start = System.nanoTime();
            once(run);
            millis[i] = (System.nanoTime() - start) * 1e-6;
        }
        Arrays.sort(millis);
        return new Timing(name, millis[runs / 2], millis[0], millis[runs - 1], runs, backend.memory().peakBytes());
    }

    private void once(Runnable work) {
        try (MemoryScope scope = MemoryScope.open("run")) {
            work.run();
            backend.synchronize();
        }
    }
}
