package dev.fathom.training.step;

import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.SumOfSquares;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.ParameterSet;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.nan.Buffers;
import dev.fathom.training.nan.Finding;
import dev.fathom.training.nan.NanDetective;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.GradScaler;
import dev.fathom.training.parallel.Split;
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
    private final ParameterSet parameters;
    private final Buffers buffers;
    private final GradScaler scaler;

    /** Each batch in one piece. */
    public TrainStep(DepthAnythingV2 model, WeightUpdate update, Objective objective, Precision precision,
            GradScaler scaler) {
        this(model, update, objective, precision, scaler, Split.WHOLE);
    }

    /**
     * The parts of a run; what changes from step to step is in them, so this can be made anew at any time.
     *
     * @param split how a batch is shared out
     */
    public TrainStep(DepthAnythingV2 model, WeightUpdate update, Objective objective, Precision precision,
            GradScaler scaler, Split split) {
        this.pass = GradientPass.of(model, objective, precision, split);
        this.update = update;
        this.parameters = model.parameters();
        this.buffers = Buffers.of(parameters);
        this.scaler = scaler;
    }

    /** With AdamW alone. */
    public TrainStep(DepthAnythingV2 model, AdamW optimiser, Objective objective, Precision precision,
            GradScaler scaler) {
        this(model, WeightUpdate.by(optimiser), objective, precision, scaler);
    }

    /**
     * @param learningRate of the encoder in this step; each group multiplies it by its factor
     * @throws NonFiniteStep if the loss or a gradient is not finite and no loss scale can be the reason: everything is
     * left as it was
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
            buffers.remember();
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
            if (!finite) {
                buffers.restore();
                if (scale == GradScaler.FLOOR) {
                    throw new NonFiniteStep(batch, value, nonFinite);
                }
            }
            scaler.update(finite);
            return new Result(value, finite, norm);
        }
    }

    /**
     * Runs a batch again up to its gradients, with the loss scale that is in force, and finds the first operation whose
     * result is not finite. Changes nothing.
     */
    public Finding examine(Batch batch) {
        try (GradientPass plain = pass.plain()) {
            return NanDetective.examine(parameters, batch, () -> plain.run(batch, scaler.scale()));
        }
    }

    @Override
    public void close() {
        pass.close();
    }
}
