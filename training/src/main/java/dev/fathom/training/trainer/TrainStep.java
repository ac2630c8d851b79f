package dev.fathom.training.trainer;

import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.SumOfSquares;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.GradScaler;
import java.util.Map;

/**
 * One step of training: forward under autocast, loss times its scale, backward, a look at the gradients, optimiser.
 * Everything it allocates is given back at its end.
 */
public final class TrainStep implements AutoCloseable {
    /**
     * @param loss of the batch before the update; not finite only if the step was left out
     * @param applied whether the weights changed: false where float16 overflowed, which costs a step and lowers the
     * loss scale
     * @param gradNorm Euclidean norm of all gradients together, without the loss scale; NaN if one is not finite
     */
    public record Result(double loss, boolean applied, double gradNorm) {
    }

    /** Looks at the gradients of a step that will be applied, before the optimiser uses them. */
    @FunctionalInterface
    public interface GradientObserver {
        /**
         * @param byParameter gradients by the parameter's tensor, valid during this call only
         * @param scale what they must be divided by
         */
        void see(Map<Tensor, Tensor> byParameter, double scale);
    }

    private final GradientPass pass;
    private final WeightUpdate update;
    private final GradScaler scaler;

    /** The parts of a run; what changes from step to step is in them, so this can be made anew at any time. */
    public TrainStep(DepthAnythingV2 model, WeightUpdate update, Objective objective, Precision precision,
            GradScaler scaler) {
        this.pass = new WholePass(model, objective, precision);
        this.update = update;
        this.scaler = scaler;
    }

    /** With AdamW alone. */
    public TrainStep(DepthAnythingV2 model, AdamW optimiser, Objective objective, Precision precision,
            GradScaler scaler) {
        this(model, WeightUpdate.by(optimiser), objective, precision, scaler);
    }

    /**
     * @param learningRate of the encoder in this step; each group multiplies it by its factor
     * @throws FathomException if the loss or a gradient is not finite and no loss scale can be the reason: the weights
     * are left as they were
     */
    public Result run(Batch batch, double learningRate) {
        return run(batch, learningRate, null);
    }

    /**
     * The same.
     *
     * @param observer sees the gradients; null for nobody
     */
    public Result run(Batch batch, double learningRate, GradientObserver observer) {
        try (MemoryScope scope = MemoryScope.open("step")) {
            double scale = scaler.scale();
            GradientPass.Result result = pass.run(batch, scale);
            SumOfSquares.Result measured = SumOfSquares.of(result.gradients());
            long nonFinite = measured.nonFinite();
            double norm = measured.norm() / scale;
            double value = result.loss().item();
            boolean finite = nonFinite == 0 && Double.isFinite(value);
            if (finite) {
                if (observer != null) {
                    observer.see(result.byParameter(), scale);
                }
                update.apply(result.byParameter()::get, learningRate, scale, norm);
            }
            scaler.update(finite);
            if (!finite && (!scaler.isOn() || scaler.scale() < 1)) {
                throw notFinite(batch, value, nonFinite);
            }
            return new Result(value, finite, norm);
        }
    }

    private FathomException notFinite(Batch batch, double loss, long nonFinite) {
        String what = Double.isFinite(loss) ? "The loss is " + loss + ", but " + nonFinite
                + " elements of its gradients are not finite" : "The loss is " + loss;
        String how = scaler.isOn() ? " even with a loss scale of 1" : "";
        return new FathomException(what + how + " on the batch of " + String.join(", ", batch.names())
                + ", so training cannot go on; the state saved last is as it was. Lower --lr, "
                + (scaler.isOn() ? "take --precision bf16, " : "") + "or look at these samples.");
    }

    @Override
    public void close() {
        pass.close();
    }
}
