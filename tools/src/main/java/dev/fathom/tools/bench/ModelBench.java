package dev.fathom.tools.bench;

import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.memory.HostAllocator;
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
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A model with random weights (the values do not change the time) and what is to be done with it: forward passes, or
 * steps of the trainer.
 *
 * @param encoder of Depth Anything V2, with the metric head
 * @param side of the pictures in pixels, {@code batch} of them at once
 * @param precision what products are computed in
 * @param recompute whether steps keep of each block only its input and compute it again
 */
record ModelBench(Encoder encoder, int side, int batch, Precision precision, boolean recompute) {
    /** Passes that are recorded kernel by kernel after the timed ones. */
    private static final int RECORDED = 5;
    /** So small that random weights stay what they are. */
    static final double RATE = 1e-7;

    /** Work that can be repeated, and whose kernels have a place in the model. */
    record Work(DepthAnythingV2 model, Runnable run) {
        /** Records passes after two that are not looked at. */
        Profile profile(int passes) {
            List<Recorder.Pass> recorded = new ArrayList<>();
            for (int i = 0; i < passes; i++) {
                recorded.add(Recorder.record(run));
            }
            return Profile.of(recorded, new Sites(model.parameters()));
        }
    }

    /**
     * @param samples seconds of each timed run
     * @param peakBytes of tensors, parameters included
     */
    record Result(Samples samples, long peakBytes, Profile profile) {
    }

    /** A forward pass without gradients; calls {@code use} with it and takes everything back at the end. */
    <T> T forward(Function<Work, T> use) {
        try (MemoryScope scope = MemoryScope.open("bench")) {
            DepthAnythingV2 model = model();
            Tensor x = Tensors.of(MadeUp.pixels(batch * side * side * 3), batch, side, side, 3);
            try (Autocast mixed = Autocast.open(precision)) {
                return use.apply(new Work(model, () -> {
                    try (GradMode.Scope off = GradMode.noGrad()) {
                        model.forward(x);
                    }
                }));
            }
        }
    }

    /** A step of the trainer: forward, SiLog, backward, the look at the gradients, AdamW. */
    <T> T step(Function<Work, T> use) {
        return stepping((model, step, samples) -> use.apply(new Work(model, () -> step.run(samples, RATE))));
    }

    /** The parts of such a step. */
    interface Stepping<T> {
        T use(DepthAnythingV2 model, TrainStep step, Batch samples);
    }

    /** As {@link #step}, for who looks into it. */
    <T> T stepping(Stepping<T> use) {
        try (MemoryScope scope = MemoryScope.open("bench")) {
            DepthAnythingV2 model = model();
            AdamW optimiser = new AdamW(List.of(new ParameterGroup("all", 1,
                    model.parameters().trainable().stream().map(p -> new Trainable(p.name(), p.tensor())).toList())),
                    AdamWSettings.DEFAULT);
            Batch samples = MadeUp.samples(batch, side);
            GradScaler scaler = precision == Precision.FP16 ? GradScaler.from(GradScaler.INITIAL_SCALE)
                    : GradScaler.off();
            try (TrainStep step = new TrainStep(model, optimiser, new SiLog(0.5), precision, scaler)) {
                return use.use(model, step, samples);
            }
        }
    }

    /**
     * Times work: warm-up, timed runs, then a few recorded ones.
     *
     * @param runs timed; as many, but at least three, warm up
     */
    static Result time(Work work, int runs) {
        Samples samples = Samples.of(runs, runs == 1 ? 1 : Math.max(3, runs / 2), 0, () -> {
            HostAllocator.shared().resetPeak();
            work.run().run();
        });
        long peak = HostAllocator.shared().stats().peakBytes();
        return new Result(samples, peak, work.profile(Math.min(runs, RECORDED)));
    }

    private DepthAnythingV2 model() {
        DepthAnythingV2 model = new DepthAnythingV2(encoder.config(), new DepthHead.Metric(10))
                .gradientCheckpointing(recompute);
        model.parameters().initialise(1);
        return model;
    }
}
