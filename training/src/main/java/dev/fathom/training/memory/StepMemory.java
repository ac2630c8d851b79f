package dev.fathom.training.memory;

import dev.fathom.engine.Device;
import dev.fathom.engine.cpu.Processors;
import dev.fathom.engine.cpu.dry.DryCpu;
import dev.fathom.engine.cuda.CudaBackend;
import dev.fathom.engine.cuda.driver.DeviceProperties;
import dev.fathom.engine.cuda.dry.DryDriver;
import dev.fathom.engine.dispatch.Backend;
import dev.fathom.engine.dispatch.Backends;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.training.data.Batch;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.state.Learning;
import dev.fathom.training.step.ParameterPlan;
import dev.fathom.training.step.TrainStep;
import dev.fathom.training.step.WeightUpdate;
import java.util.Collections;
import java.util.List;

/**
 * What a step of training takes of one device, found out by rehearsing it: the trainer's own step runs on a device that
 * counts memory and computes nothing ({@link DryCpu}, {@link DryDriver}). So what is counted is what will be asked for,
 * to the byte, whatever the step consists of. A rehearsal takes a fraction of a second.
 *
 * @param device where the step will run
 * @param weights bytes of the parameters
 * @param moments of the optimiser
 * @param average the weights' moving average
 * @param gradients of all parameters in training, as they are at the end of backward
 * @param peak bytes of tensors at the step's highest point
 * @param reserved bytes that the allocator takes from the system or the driver for that: at least {@code peak}, because
 * blocks do not always fit together
 * @param kernels bytes of the kernels' working memory beside tensors; on a GPU it is among the tensors
 */
public record StepMemory(Device device, long weights, long moments, long average, long gradients, long peak,
        long reserved, long kernels) {
    /** An address of its own among devices, so that it never stands in for one that exists. */
    private static final int DRY_GPU = 1_002;

    /** On a GPU the second step is captured, and the third replays it. */
    private static final int STEPS_OF_GPU = 3;
    /** Rows, tiles and blocks of the helpers of {@code WorkPool}, each of which has its own: measured, an upper bound. */
    private static final long HELPER_BYTES = 2L << 20;

    /**
     * What is rehearsed.
     *
     * @param recompute whether activations are computed again ({@link DepthAnythingV2#gradientCheckpointing})
     * @param split how the batch is shared out
     */
    public record Plan(ModelConfig config, DepthHead head, TrainOptions options, boolean recompute, Split split) {
        /** The same with other options. */
        public Plan with(TrainOptions other) {
            return new Plan(config, head, other, recompute, split);
        }

        /** The same with batches of another number of pictures. */
        public Plan withBatch(int pictures) {
            return with(options.with(options.batch().of(pictures, options.batch().inputSize())));
        }

        /** The same with recomputation. */
        public Plan recomputing() {
            return new Plan(config, head, options, true, split);
        }

        /** The same with each device's share in another number of parts. */
        public Plan accumulating(int parts) {
            return new Plan(config, head, options, recompute, new Split(parts, split.devices()));
        }
    }

    /** All that it takes. */
    public long total() {
        return reserved + kernels;
    }

    /** Activations, inputs and what the blocks' fitting together costs. */
    public long activations() {
        return reserved - weights - moments - average - gradients;
    }

    /**
     * Rehearses a step.
     *
     * @param device where it will run; with several workers, the first one's
     */
    public static StepMemory of(Plan plan, Device device) {
        int workers = plan.split.workers();
        if (workers == 1) {
            return alone(plan, device);
        }
        // The first worker's share, by itself: the others take as much, but on the processor they share the weights.
        int share = (plan.options.batch().size() + workers - 1) / workers;
        StepMemory one = alone(new Plan(plan.config, plan.head, plan.withBatch(share).options, plan.recompute,
                new Split(plan.split.accumulate(), List.of())), device);
        if (!device.isHost()) {
            return one;
        }
        long own = (workers - 1) * (one.peak - one.weights - one.moments - one.average);
        return new StepMemory(device, one.weights, one.moments, one.average, workers * one.gradients, one.peak + own,
                one.reserved + own, workers * one.kernels);
    }

    private static StepMemory alone(Plan plan, Device device) {
        if (device.isHost()) {
            try (DryCpu dry = DryCpu.open()) {
                StepMemory tensors = rehearse(plan, dry, 1);
                long helpers = (Processors.threads() - 1) * HELPER_BYTES;
                return tensors.on(device, dry.workSpaceBytes() + helpers);
            }
        }
        Device dry = Device.emulated(DRY_GPU);
        CudaBackend backend = new CudaBackend(dry, new DryDriver(boundless(device)));
        Backends.install(backend);
        try {
            return rehearse(plan, backend, STEPS_OF_GPU).on(device, 0);
        } finally {
            Backends.close(dry);
        }
    }

    /** The GPU as it is, but with as much memory as anybody asks for. */
    private static DeviceProperties boundless(Device device) {
        DeviceProperties real = Backends.of(device) instanceof CudaBackend gpu ? gpu.cuda().driver().properties()
                : DryDriver.H200;
        return new DeviceProperties(real.name(), real.computeCapability(), real.multiprocessors(), Long.MAX_VALUE / 2,
                real.maxSharedPerBlock(), real.driverVersion());
    }

    private StepMemory on(Device where, long kernelBytes) {
        return new StepMemory(where, weights, moments, average, gradients, peak, reserved, kernelBytes);
    }

    private static StepMemory rehearse(Plan plan, Backend backend, int steps) {
        TrainOptions options = plan.options;
        try (MemoryScope scope = MemoryScope.open("rehearsal")) {
            DepthAnythingV2 model = new DepthAnythingV2(plan.config, plan.head)
                    .gradientCheckpointing(plan.recompute);
            model.parameters().allocate(backend.device());
            model.parameters().training(true);
            Learning learning = Learning.begin(model, new ParameterPlan(model, options.optim()), options);
            long weights = bytes(model);
            long average = learning.ema().map(ema -> ema.averages().values().stream()
                    .mapToLong(t -> t.bytes()).sum()).orElse(0L);
            long moments = backend.memory().liveBytes() - weights - average;
            long[] gradients = new long[1];
            WeightUpdate update = new WeightUpdate(learning.optimiser(), options.optim().clip(), learning.ema());
            Batch batch = empty(options.batch().size(), options.batch().inputSize());
            try (TrainStep step = new TrainStep(model, update, options.loss().objective(),
                    options.compute().precision(), learning.scaler(), plan.split)) {
                for (int i = 0; i < steps; i++) {
                    step.run(batch, options.optim().learningRate(), (byParameter, scale) -> gradients[0] =
                            byParameter.values().stream().mapToLong(t -> t.bytes()).sum());
                }
            }
            return new StepMemory(backend.device(), weights, moments, average, gradients[0],
                    backend.memory().peakBytes(), backend.memory().reservedBytes(), 0);
        }
    }

    private static long bytes(DepthAnythingV2 model) {
        return model.parameters().all().stream().mapToLong(p -> p.tensor().bytes()).sum();
    }

    /** Without a valid pixel, so that a loss of zeros has a gradient of zeros. */
    private static Batch empty(int size, int side) {
        int pixels = Math.multiplyExact(side * side, size);
        return new Batch(0, 0, size, side, new float[Math.multiplyExact(3, pixels)], new float[pixels],
                new byte[pixels], Collections.nCopies(size, "nothing"), new int[size], 0);
    }
}
