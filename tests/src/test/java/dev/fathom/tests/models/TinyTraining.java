package dev.fathom.tests.models;

import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.GradMode;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.nn.Parameter;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradClip;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.optim.ParameterGroup;
import dev.fathom.training.optim.Trainable;
import java.util.ArrayList;
import java.util.List;

/**
 * The metric fine-tuning step on a tiny network, written out: forward, SiLog, backward, clipping, AdamW with the
 * decoder at ten times the encoder's rate. The parameters belong to the {@code MemoryScope} that is open at
 * construction.
 */
final class TinyTraining {
    private final Device device;
    private final DepthAnythingV2 model;
    private final AdamW optimiser;
    private final GradClip clip;
    private final Precision precision;
    private final GradScaler scaler;

    /** In float32. */
    TinyTraining(ModelConfig config, Device device, GradClip clip, int nudge) {
        this(config, device, clip, nudge, Precision.FP32);
    }

    /**
     * @param clip largest gradient norm; null for none
     * @param nudge which neighbours of the synthetic weights to start from; 0 for themselves
     * @param precision with the scaler in float16
     */
    TinyTraining(ModelConfig config, Device device, GradClip clip, int nudge, Precision precision) {
        this.precision = precision;
        this.scaler = precision == Precision.FP16 ? GradScaler.from(GradScaler.INITIAL_SCALE) : GradScaler.off();
        this.device = device;
        this.clip = clip;
        this.model = new DepthAnythingV2(config, new DepthHead.Metric(TinyCase.MAX_DEPTH));
        SyntheticWeights.fill(model.parameters(), device, nudge);
        this.optimiser = new AdamW(List.of(group("encoder", 1, true), group("decoder", 10, false)),
                AdamWSettings.DEFAULT);
    }

    /**
     * A batch.
     *
     * @param x picture, [n,h,w,3]
     * @param target metres, [n,h,w]
     * @param mask which pixels count, [n,h,w]
     */
    record Batch(float[] x, float[] target, boolean[] mask, int n, int h, int w) {
    }

    /**
     * What a step reports.
     *
     * @param loss SiLog before the update
     * @param norm norm of all gradients before clipping
     */
    record Step(double loss, double norm) {
    }

    DepthAnythingV2 model() {
        return model;
    }

    Step step(Batch batch, double lr) {
        int n = batch.n();
        try (MemoryScope scope = MemoryScope.open("step")) {
            Tensor loss;
            try (Autocast mixed = Autocast.open(precision)) {
                Tensor y = model.forward(TinyRun.tensor(batch.x(), device, n, batch.h(), batch.w(), 3));
                loss = MaskedLoss.siLog(0.5).of(y, TinyRun.tensor(batch.target(), device, n, batch.h(), batch.w()),
                        TinyRun.mask(batch.mask(), device, n, batch.h(), batch.w()));
            }
            double scale = scaler.scale();
            Gradients gradients = Backward.of(loss, Tensors.full(loss.spec(), device, scale), null);
            List<Tensor> all = new ArrayList<>();
            model.parameters().trainable().forEach(p -> all.add(gradients.of(p.tensor())));
            double norm = GradClip.norm(all) / scale;
            boolean finite = Double.isFinite(norm);
            if (finite) {
                optimiser.step(gradients::of, lr, (clip == null ? 1 : clip.factor(norm)) / scale);
            }
            scaler.update(finite);
            return new Step(loss.item(), norm);
        }
    }

    /** The prediction [n,h,w] for a batch. */
    double[] predict(Batch batch) {
        try (MemoryScope scope = MemoryScope.open("predict"); GradMode.Scope off = GradMode.noGrad()) {
            return model.forward(TinyRun.tensor(batch.x(), device, batch.n(), batch.h(), batch.w(), 3)).toDoubles();
        }
    }

    private ParameterGroup group(String name, double factor, boolean encoder) {
        List<Trainable> members = new ArrayList<>();
        for (Parameter p : model.parameters().trainable()) {
            if (p.name().startsWith(DepthAnythingV2.ENCODER_PREFIX) == encoder) {
                members.add(new Trainable(p.name(), p.tensor()));
            }
        }
        return new ParameterGroup(name, factor, members);
    }
}
