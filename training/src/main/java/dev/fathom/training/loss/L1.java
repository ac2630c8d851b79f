package dev.fathom.training.loss;

import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;

/** The mean absolute error, {@link LossForm#L1}, in the unit of the target. */
public final class L1 extends PixelLoss {
    public L1() {
        super(MaskedLoss.l1(), "l1");
    }
}
