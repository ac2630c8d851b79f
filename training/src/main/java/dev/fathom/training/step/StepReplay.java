package dev.fathom.training.step;

import dev.fathom.engine.Precision;
import dev.fathom.engine.debug.CheckedOp;
import dev.fathom.engine.debug.OpChecker;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Batch;
import dev.fathom.training.nan.Finding;
import dev.fathom.training.nan.NanDetective;
import dev.fathom.training.options.LossOptions;
import dev.fathom.training.parallel.Split;
import java.util.function.Consumer;

/**
 * One step computed again with every operation looked at: what the command {@code replay} does.
 *
 * @param loss of the batch
 * @param nonFiniteGradients how many elements of its gradients are not finite
 * @param finding where it stopped being finite, if it did
 */
public record StepReplay(double loss, long nonFiniteGradients, Finding finding) {
    /**
     * Runs forward, loss and backward. The weights stay as they are.
     *
     * @param precision of the forward pass
     * @param lossScale what the loss is multiplied by before backward
     * @param split how the batch is shared out
     * @param each hears of every operation in order
     */
    public static StepReplay run(DepthAnythingV2 model, Batch batch, LossOptions loss, Precision precision,
            double lossScale, Split split, Consumer<CheckedOp> each) {
        double[] value = new double[1];
        long[] nonFinite = new long[1];
        try (GradientPass parallel = GradientPass.of(model, loss.objective(), precision, split);
                GradientPass pass = parallel.plain()) {
            Finding finding = NanDetective.examine(model.parameters(), batch, each, () -> {
                GradientPass.Result result = pass.run(batch, lossScale);
                value[0] = result.loss().item();
                nonFinite[0] = OpChecker.nonFinite(result.gradients());
            });
            return new StepReplay(value[0], nonFinite[0], finding);
        }
    }

    /** Whether a trainer could take this step. */
    public boolean isFinite() {
        return Double.isFinite(loss) && nonFiniteGradients == 0;
    }
}
