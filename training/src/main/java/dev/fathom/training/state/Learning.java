package dev.fathom.training.state;

import dev.fathom.engine.Device;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.models.depthanything.ModelMetadata;
import dev.fathom.nn.checkpoint.CheckpointWriter;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.AdamWSettings;
import dev.fathom.training.optim.Ema;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.options.TrainOptions;
import dev.fathom.training.step.ParameterPlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run changes while it learns, beside its position: with the weights, all of it is saved in every state. Its
 * memory joins the {@code MemoryScope} that is innermost when it is made.
 *
 * @param optimiser with its moments
 * @param ema the weights' moving average, if the run has one
 * @param scaler of the loss
 * @param parts all of it and the weights, as they are saved
 */
public record Learning(AdamW optimiser, Optional<Ema> ema, GradScaler scaler, List<StatePart> parts) {
    /** At the start of a run, over the model's weights as they are. */
    public static Learning begin(DepthAnythingV2 model, ParameterPlan plan, TrainOptions options) {
        return over(new ModelPart(model, model.device()), plan, options, null);
    }

    /** As it was saved; the model's weights are replaced. */
    public static Learning restore(TrainState state, DepthAnythingV2 model, Device device, ParameterPlan plan,
            TrainOptions options) {
        ModelPart weights = new ModelPart(model, device);
        state.restore(weights);
        return over(weights, plan, options, state);
    }

    private static Learning over(ModelPart weights, ParameterPlan plan, TrainOptions options, TrainState saved) {
        plan.freeze();
        AdamW optimiser = new AdamW(plan.groups(), new AdamWSettings(0.9, 0.999, 1e-8, options.optim().weightDecay()));
        double decay = options.optim().emaDecay();
        Optional<Ema> ema = decay > 0 ? Optional.of(new Ema(decay, plan.trained())) : Optional.empty();
        ScalerPart scaler = new ScalerPart(options.compute().scaler());
        List<StatePart> beside = new ArrayList<>();
        beside.add(new OptimiserPart(weights.model().parameters(), optimiser));
        ema.ifPresent(average -> beside.add(new EmaPart(weights.model().parameters(), average)));
        beside.add(scaler);
        if (saved != null) {
            beside.forEach(saved::restore);
        }
        beside.addFirst(weights);
        return new Learning(optimiser, ema, scaler.scaler(), List.copyOf(beside));
    }

    /**
     * Writes the model as others will use it: plain weights, the moving average where there is one, with the network's
     * description.
     */
    public void writeBest(Path file, DepthAnythingV2 model, TrainOptions options) {
        Map<String, String> metadata = new LinkedHashMap<>(ModelMetadata.of(model.config(), model.head()));
        metadata.put(TrainState.PRECISION, options.compute().precision().toString());
        ema.ifPresent(average -> metadata.put(TrainState.EMA_DECAY, Double.toString(options.optim().emaDecay())));
        try (AveragedWeights averaged = AveragedWeights.of(model.parameters(), ema)) {
            CheckpointWriter.write(file, model.parameters().toStateDict().values(), metadata);
        }
    }
}
