package dev.fathom.training.trainer;

import dev.fathom.engine.Device;
import dev.fathom.engine.cpu.dry.DryCpu;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelConfig;
import dev.fathom.models.depthanything.DepthHead;
import dev.fathom.training.data.Batch;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.Ema;
import dev.fathom.training.options.TrainOptions;
import java.util.Collections;
import java.util.Optional;

/** Scratch version. */
public final class StepRehearsal {
    private StepRehearsal() {
    }

    public record Result(long weights, long moments, long average, long gradients, long peak, long reserved,
            long work) {
    }

    public static Result run(ModelConfig config, DepthHead head, TrainOptions options, boolean recompute) {
        try (DryCpu dry = DryCpu.open(); MemoryScope scope = MemoryScope.open("rehearsal")) {
            Device device = dry.device();
            DepthAnythingV2 model = new DepthAnythingV2(config, head).gradientCheckpointing(recompute);
            model.parameters().allocate(device);
            long weights = dry.memory().liveBytes();
            ParameterPlan plan = new ParameterPlan(model, options.optim());
            plan.freeze();
            AdamW optimiser = new AdamW(plan.groups(), new AdamWSettings(0.9, 0.999, 1e-8, options.optim().weightDecay()));
            long moments = dry.memory().liveBytes();
            double decay = options.optim().emaDecay();
            Optional<Ema> ema = decay > 0 ? Optional.of(new Ema(decay, plan.trained())) : Optional.empty();
            long average = dry.memory().liveBytes();
            WeightUpdate update = new WeightUpdate(optimiser, options.optim().clip(), ema);
            int side = options.batch().inputSize();
            int n = options.batch().size();
            int pixels = side * side;
            Batch batch = new Batch(0, 0, n, side, new float[n * pixels * 3], new float[n * pixels],
                    new byte[n * pixels], Collections.nCopies(n, "nothing"), new int[n], 0);
            model.parameters().training(true);
            long[] gradients = new long[1];
            try (TrainStep step = new TrainStep(model, update, options.loss().objective(),
                    options.compute().precision(), options.compute().scaler())) {
                for (int i = 0; i < 2; i++) {
                    gradients[0] = 0;
                    step.run(batch, 1e-6, (byParameter, scale) -> byParameter.values().forEach(
                            g -> gradients[0] += g.bytes()));
                }
            }
            return new Result(weights, moments - weights, average - moments, gradients[0], dry.memory().peakBytes(),
                    dry.memory().reservedBytes(), dry.workSpaceBytes());
        }
    }
}
