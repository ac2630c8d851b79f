package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.SiLogLoss;
import dev.fathom.engine.ops.SiLogLossBackward;
import java.util.List;

/** Losses. Predictions stay below the targets, so that no loss is near 0, where its root has no derivative. */
final class LossRows {
    private static final String FLOAT32 = "losses are refused 16-bit predictions";

    static final List<OpSpec> ROWS = List.of(
            row("silog_loss", SiLogLoss.class, d -> {
                Shape pixels = d.shape(0, 4);
                return Trial.of(new SiLogLoss(d.among(0.5, 0.85, 0)), d).in(0.2, 1, pixels).in(1.5, 4, pixels)
                        .mask(d.among(0.7, 1, 0, 0.05), pixels).noHalf(FLOAT32);
            }),
            row("silog_loss_backward", SiLogLossBackward.class, d -> {
                Shape pixels = d.shape(0, 4);
                double loss = d.among(0.8125, 0, 3.5);
                double count = d.among(11, 1, 0);
                return Trial.of(new SiLogLossBackward(d.among(0.5, 0.85, 0, 1)), d).in(0.2, 4, pixels)
                        .in(0.2, 4, pixels)
                        .mask(d.among(0.7, 1, 0, 0.05), pixels).add(DType.F32, Shape.SCALAR, count == 0 ? 0 : loss)
                        .add(DType.F32, Shape.of(2), d.among(0.75, -0.25), count).in(Shape.SCALAR).in(Shape.of(2))
                        .noHalf(FLOAT32);
            }));

    private LossRows() {
    }
}
