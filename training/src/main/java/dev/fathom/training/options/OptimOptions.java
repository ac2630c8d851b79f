package dev.fathom.training.options;

import dev.fathom.training.optim.GradClip;
import dev.fathom.training.optim.LrScale;
import dev.fathom.training.optim.NamePattern;
import java.util.List;
import java.util.Optional;

/**
 * How weights follow their gradients.
 *
 * <pre>{@code
 * OptimOptions.article().withClipNorm(1).withFreeze(List.of(NamePattern.of("pretrained.blocks.[0-5].*")))
 * }</pre>
 *
 * @param learningRate of the encoder
 * @param headFactor the decoder's rate is this many times the encoder's
 * @param weightDecay of AdamW, on everything that is trained
 * @param clipNorm largest norm of all gradients together ({@link dev.fathom.training.optim.GradClip}); 0 for no bound
 * @param emaDecay of the weights' moving average ({@link dev.fathom.training.optim.Ema}), below 1; 0 for none
 * @param layerDecay of the rates from the last block to the first ({@link dev.fathom.training.optim.LayerDecay}); 1
 * for the same rate everywhere
 * @param freeze parameters that stay as they are
 * @param lrScales factors on the rates of parameters, on top of {@code headFactor} and {@code layerDecay}; the last
 * one that matches a name holds
 */
public record OptimOptions(double learningRate, double headFactor, double weightDecay, double clipNorm,
        double emaDecay, double layerDecay, List<NamePattern> freeze, List<LrScale> lrScales) {
    /** @throws dev.fathom.engine.errors.FathomException if a value makes no sense */
    public OptimOptions {
        Check.that(Check.isAmount(learningRate), "--lr", learningRate, "0 or more");
        Check.that(Check.isAmount(headFactor), "--head-lr-factor", headFactor, "0 or more");
        Check.that(Check.isAmount(weightDecay), "--weight-decay", weightDecay, "0 or more");
        Check.that(Check.isAmount(clipNorm), "--clip-norm", clipNorm, "above 0, or 0 for no bound");
        Check.that(emaDecay >= 0 && emaDecay < 1, "--ema", emaDecay, "above 0 and below 1, or 0 for no average");
        Check.that(layerDecay > 0 && layerDecay <= 1, "--layer-decay", layerDecay, "above 0 and at most 1");
        freeze = List.copyOf(freeze);
        lrScales = List.copyOf(lrScales);
    }

    /** The fine-tuning article's for NYU. */
    public static OptimOptions article() {
        return new OptimOptions(5e-6, 10, 0.01, 0, 0, 1, List.of(), List.of());
    }

    /** The same with other learning rates. */
    public OptimOptions withRates(double rate, double factor) {
        return new OptimOptions(rate, factor, weightDecay, clipNorm, emaDecay, layerDecay, freeze, lrScales);
    }

    /** The same with another weight decay. */
    public OptimOptions withWeightDecay(double decay) {
        return new OptimOptions(learningRate, headFactor, decay, clipNorm, emaDecay, layerDecay, freeze, lrScales);
    }

    /** The same with gradients clipped. */
    public OptimOptions withClipNorm(double norm) {
        return new OptimOptions(learningRate, headFactor, weightDecay, norm, emaDecay, layerDecay, freeze, lrScales);
    }

    /** The same with a moving average of the weights. */
    public OptimOptions withEma(double decay) {
        return new OptimOptions(learningRate, headFactor, weightDecay, clipNorm, decay, layerDecay, freeze, lrScales);
    }

    /** The same with smaller rates for earlier layers. */
    public OptimOptions withLayerDecay(double decay) {
        return new OptimOptions(learningRate, headFactor, weightDecay, clipNorm, emaDecay, decay, freeze, lrScales);
    }

    /** The same with other parameters frozen. */
    public OptimOptions withFreeze(List<NamePattern> patterns) {
        return new OptimOptions(learningRate, headFactor, weightDecay, clipNorm, emaDecay, layerDecay, patterns,
                lrScales);
    }

    /** The same with other factors by name. */
    public OptimOptions withLrScales(List<LrScale> scales) {
        return new OptimOptions(learningRate, headFactor, weightDecay, clipNorm, emaDecay, layerDecay, freeze, scales);
    }

    /** The bound on the gradients' norm, if there is one. */
    public Optional<GradClip> clip() {
        return clipNorm > 0 ? Optional.of(new GradClip(clipNorm)) : Optional.empty();
    }

    /** The decoder's learning rate. */
    public double headLearningRate() {
        return learningRate * headFactor;
    }
}
