package dev.fathom.training.loss;

import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;

/**
 * The same idea in ZoeDepth's form, {@link LossForm#SILOG_ZOE}: with g = ln(pred + 1e-7) - ln(target + 1e-7),
 * 10 sqrt(var(g) + beta mean(g)^2) over all valid pixels of the batch.
 */
public final class SiLogZoe extends PixelLoss {
    /** @param beta how much of a common scale error is punished: 0 none of it, 1 all; 0.15 in ZoeDepth */
    public SiLogZoe(double beta) {
        super(MaskedLoss.siLogZoe(beta), "silog-zoe(beta=" + beta + ")");
    }
}
