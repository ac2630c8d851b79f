package dev.fathom.training.step;

import dev.fathom.engine.Tensor;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.Ema;
import dev.fathom.training.optim.GradClip;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * From gradients to new weights: the norm of all gradients bounded, AdamW, the moving average of the result.
 *
 * @param clip the bound, if there is one
 * @param ema the average, if there is one
 */
public record WeightUpdate(AdamW optimiser, Optional<GradClip> clip, Optional<Ema> ema) {
    /** AdamW alone. */
    public static WeightUpdate by(AdamW optimiser) {
        return new WeightUpdate(optimiser, Optional.empty(), Optional.empty());
    }

    /**
     * One step. Division by the loss scale and the clipping factor are one number that AdamW multiplies by as it reads:
     * no pass over the gradients is spent on them, and they stay as they are.
     *
     * @param gradientOf the gradient of a parameter's tensor, times the loss scale; null for none
     * @param learningRate of the encoder
     * @param lossScale what the loss was multiplied by
     * @param norm of all gradients together without the scale, finite
     */
    void apply(UnaryOperator<Tensor> gradientOf, double learningRate, double lossScale, double norm) {
        double clipped = clip.map(bound -> bound.factor(norm)).orElse(1.0);
        optimiser.step(gradientOf, learningRate, clipped / lossScale);
        ema.ifPresent(Ema::update);
    }
}
