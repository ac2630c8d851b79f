package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.dry.DryDriver;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.Encoder;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.SiLog;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import dev.fathom.training.step.TrainStep;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a GPU would be asked to do, without one: the model, the trainer's own step, the dispatcher and the GPU backend
 * are the real ones, and only the driver below them does nothing but count ({@link DryDriver}). So a model of any size
 * takes no time and no memory, and what is counted is what would be launched.
 */
public final class DryRun {
    /** An address of its own among devices, so that it never stands in for one that exists. */
    private static final Device DEVICE = Device.emulated(1_000);

    /**
     * What was counted, of the second of two equal passes: the first also makes what is made once (the optimiser's
     * state, tables, 16-bit copies of weights that do not change).
     *
     * @param count by operation
     * @param kernels launches by kernel or library call, copies and fills among them
     * @param moved bytes of copies and fills, by kind
     * @param peakBytes of tensors at once, parameters included
     */
    record Result(DryCount count, Map<String, Long> kernels, Map<String, Long> moved, long peakBytes) {
    }

    private final Encoder encoder;
    private final int side;
    private final int batch;
    private final Precision precision;
    private final Ceilings ceilings;

    public DryRun(Encoder encoder, int side, int batch, Precision precision, Ceilings ceilings) {
        this.encoder = encoder;
        this.side = side;
        this.batch = batch;
        this.precision = precision;
        this.ceilings = ceilings;
    }

    /** A forward pass without gradients. */
    Result forward() {
        return onDryDevice((model, counting) -> {
            Tensor x = Tensor.allocate(new TensorSpec(Shape.of(batch, side, side, 3), DType.F32), DEVICE);
            try (Autocast mixed = Autocast.open(precision)) {
                counting.accept(() -> {
                    try (GradMode.Scope off = GradMode.noGrad()) {
                        model.forward(x);
                    }
                });
            }
        });
    }

    /** One step of the trainer: forward, loss, backward, the look at the gradients, AdamW. */
    Result step() {
        return onDryDevice((model, counting) -> {
            AdamW optimiser = new AdamW(List.of(new ParameterGroup("all", 1,
                    model.parameters().trainable().stream().map(p -> new Trainable(p.name(), p.tensor())).toList())),
                    AdamWSettings.DEFAULT);
            GradScaler scaler = precision == Precision.FP16 ? GradScaler.from(GradScaler.INITIAL_SCALE)
                    : GradScaler.off();
            int pixels = side * side;
            Batch samples = new Batch(0, 0, batch, side, new float[batch * pixels * 3], new float[batch * pixels],
                    new byte[batch * pixels], Collections.nCopies(batch, "nothing"), new int[batch], 0);
            counting.accept(() -> {
                // A new one each time: its second step would be a graph, of which nothing is seen here.
                try (TrainStep step = new TrainStep(model, optimiser, new SiLog(0.5), precision, scaler)) {
                    step.run(samples, 1e-6);
                }
            });
        });
    }

    /** Work with a model; the consumer runs its argument twice and counts the second time. */
    private interface Work {
        void run(DepthAnythingV2 model, Consumer<Runnable> counting);
    }

    private Result onDryDevice(Work work) {
        DryDriver driver = new DryDriver(DryDriver.H200);
        CudaBackend backend = new CudaBackend(DEVICE, driver);
        Backends.install(backend);
        try (MemoryScope scope = MemoryScope.open("dry run")) {
            DepthAnythingV2 model = new DepthAnythingV2(encoder.config(), new DepthHead.Metric(10));
            model.parameters().allocate(DEVICE);
            Result[] result = new Result[1];
            work.run(model, pass -> {
                once(pass);
                backend.cuda().allocator().resetPeak();
                DryCount count = new DryCount(driver, ceilings);
                Dispatcher.listen(count);
                try {
                    once(pass);
                } finally {
                    Dispatcher.listen(null);
                }
                result[0] = new Result(count, driver.calls(), driver.moved(), backend.memory().peakBytes());
            });
            return result[0];
        } finally {
            Backends.close(DEVICE);
        }
    }

    private static void once(Runnable pass) {
        try (MemoryScope scope = MemoryScope.open("pass")) {
            pass.run();
        }
    }
}
