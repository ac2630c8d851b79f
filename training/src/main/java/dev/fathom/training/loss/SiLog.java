package dev.fathom.training.loss;

import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;

/**
 * The scale-invariant log loss of Depth Anything V2's metric trainer, {@link LossForm#SILOG}: with d = ln target - ln pred,
 * sqrt(mean(d^2) - lambda mean(d)^2) over all valid pixels of the batch.
 */
public final class SiLog extends PixelLoss {
    /** @param lambda how far a common scale error is forgiven: 0 not at all, 1 wholly */
    public SiLog(double lambda) {
        super(MaskedLoss.siLog(lambda), "silog(lambda=" + lambda + ")");
    }
}
