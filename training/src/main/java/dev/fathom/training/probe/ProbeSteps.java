package dev.fathom.training.probe;

import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Batch;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.parallel.Split;
import dev.fathom.training.step.NonFiniteStep;
import dev.fathom.training.step.ParameterPlan;
import dev.fathom.training.step.TrainStep;
import dev.fathom.training.step.WeightUpdate;
import java.util.Optional;

/** The steps of a run, with its freezing, rates by name, clipping and precision, but with any rate and no state. */
final class ProbeSteps implements AutoCloseable {
    private final DepthAnythingV2 model;
    private final TrainStep step;

    /** Freezes what the run would freeze; moments join the innermost {@code MemoryScope}. */
    ProbeSteps(DepthAnythingV2 model, TrainOptions options, Split split) {
        this.model = model;
        ParameterPlan plan = new ParameterPlan(model, options.optim());
        plan.freeze();
        AdamW optimiser = new AdamW(plan.groups(), new AdamWSettings(0.9, 0.999, 1e-8, options.optim().weightDecay()));
        GradScaler scaler = options.compute().scaler();
        this.step = new TrainStep(model, new WeightUpdate(optimiser, options.optim().clip(), Optional.empty()),
                options.loss().objective(), options.compute().precision(), scaler, split);
        model.parameters().training(true);
    }

    /**
     * One step.
     *
     * @return the batch's loss before it; not finite if there was no step to take
     */
    double run(Batch batch, double learningRate) {
        try {
            TrainStep.Result result = step.run(batch, learningRate);
            return result.loss();
        } catch (NonFiniteStep e) {
            return Double.NaN;
        }
    }

    @Override
    public void close() {
        model.parameters().training(false);
        step.close();
    }
}
