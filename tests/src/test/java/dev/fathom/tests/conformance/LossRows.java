package dev.fathom.tests.conformance;

import static dev.fathom.tests.conformance.OpSpec.row;

import dev.fathom.engine.DType;
import dev.fathom.engine.Shape;
import dev.fathom.engine.ops.GradientMatching;
import dev.fathom.engine.ops.GradientMatchingBackward;
import dev.fathom.engine.ops.LargestError;
import dev.fathom.engine.ops.LossForm;
import dev.fathom.engine.ops.MaskedLoss;
import dev.fathom.engine.ops.MaskedLossBackward;
import dev.fathom.engine.ops.Op;
import dev.fathom.engine.ops.PixelError;
import java.util.List;
import java.util.Random;

/**
 * Losses. Predictions stay below the targets, so that no loss is near 0, where its root has no derivative. Gradients of those
 * that bend at an error of 0 are drawn where no error, or no difference of errors, is near 0.
 */
final class LossRows {
    private static final String FLOAT32 = "losses are refused 16-bit predictions";

    static final List<OpSpec> ROWS = List.of(
            row("silog_loss", MaskedLoss.class, d -> {
                Shape pixels = d.shape(0, 4);
                return below(MaskedLoss.siLog(d.among(0.5, 0.85, 0)), d, pixels);
            }),
            row("silog_zoe_loss", MaskedLoss.class, d -> {
                Shape pixels = d.shape(0, 4);
                return below(MaskedLoss.siLogZoe(d.among(0.15, 1, 0.5)), d, pixels);
            }),
            row("l1_loss", MaskedLoss.class, d -> below(MaskedLoss.l1(), d, d.shape(0, 4))),
            row("berhu_loss", MaskedLoss.class, d -> below(MaskedLoss.berHu(), d, d.shape(0, 4))
                    .add(DType.F64, Shape.SCALAR, d.among(3, 0.5, 50))),
            row("silog_loss_backward", MaskedLossBackward.class, d -> {
                Shape pixels = d.shape(0, 4);
                return of(new MaskedLossBackward(LossForm.SILOG, d.among(0.5, 0.85, 0)), d, pixels)
                        .add(DType.F64, Shape.of(3), d.among(8.25, -3.5, 0), d.among(11, 0, 30), d.among(11, 9, 0))
                        .in(Shape.SCALAR);
            }),
            row("silog_zoe_loss_backward", MaskedLossBackward.class, d -> {
                Shape pixels = d.shape(0, 4);
                return of(new MaskedLossBackward(LossForm.SILOG_ZOE, d.among(0.15, 1)), d, pixels)
                        .add(DType.F64, Shape.of(3), d.among(8.25, -3.5, 0), d.among(11, 0, 30), d.among(11, 1, 0))
                        .in(Shape.SCALAR);
            }),
            row("l1_loss_backward", MaskedLossBackward.class, d -> {
                Shape pixels = d.shape(0, 4);
                return below(new MaskedLossBackward(LossForm.L1, 0), d, pixels)
                        .add(DType.F64, Shape.of(3), d.among(8.25, 0), 11, d.among(11, 9, 0)).in(Shape.SCALAR);
            }),
            row("berhu_loss_backward", MaskedLossBackward.class, d -> {
                Shape pixels = d.shape(0, 4);
                return below(new MaskedLossBackward(LossForm.BERHU, 0), d, pixels)
                        .add(DType.F64, Shape.of(3), d.among(8.25, 0), 11, d.among(11, 9, 0)).in(Shape.SCALAR)
                        .add(DType.F64, Shape.SCALAR, d.among(5, 0.5, 50));
            }),
            row("largest_error", LargestError.class, d -> of(new LargestError(), d, d.shape(0, 4))),
            row("gradient_matching", GradientMatching.class, d -> maps(new GradientMatching(PixelError.LOG,
                    d.among(4, 1, 2, 7)), d)),
            row("gradient_matching of differences", GradientMatching.class, d -> maps(
                    new GradientMatching(PixelError.DIFFERENCE, d.among(4, 1, 2, 7)), d)),
            row("gradient_matching_backward", GradientMatchingBackward.class, d -> maps(
                    new GradientMatchingBackward(d.coin() ? PixelError.DIFFERENCE : PixelError.LOG, 3), d)
                    .add(DType.F64, Shape.of(6), 7.5, 40, 3, 11, 2, 5).in(Shape.SCALAR)));

    private LossRows() {
    }

    /** Pixels whose error may have any sign. */
    private static Trial of(Op op, Draw d, Shape pixels) {
        return Trial.of(op, d).in(0.2, 4, pixels).in(0.2, 4, pixels).mask(d.among(0.7, 1, 0, 0.05), pixels)
                .noHalf(FLOAT32);
    }

    /** Pixels whose prediction is below the target. */
    private static Trial below(Op op, Draw d, Shape pixels) {
        return Trial.of(op, d).in(0.2, 1, pixels).in(1.5, 4, pixels).mask(d.among(0.7, 1, 0, 0.05), pixels)
                .gradientOfFirst(1).noHalf(FLOAT32);
    }

    /**
     * Pictures whose errors rise from pixel to pixel, by more than float32 or a finite difference could turn around: predictions
     * are a ramp with noise, targets are constant.
     */
    private static Trial maps(Op op, Draw d) {
        Shape shape = Shape.of(d.batch(), d.extent(), d.extent(33));
        int n = Math.toIntExact(shape.numel());
        double[] pred = new double[n];
        double[] target = new double[n];
        Random random = d.random();
        for (int i = 0; i < n; i++) {
            int x = i % shape.dim(2);
            int y = i / shape.dim(2) % shape.dim(1);
            pred[i] = (float) (1 + 0.02 * x + (y % 2 == 0 ? 0.01 : 0.04) * y + 0.004 * random.nextDouble());
            target[i] = 0.5;
        }
        return Trial.of(op, d).add(DType.F32, shape, pred).add(DType.F32, shape, target)
                .mask(d.among(0.7, 1, 0, 0.05), shape).gradientOfFirst(1).noHalf(FLOAT32);
    }
}
