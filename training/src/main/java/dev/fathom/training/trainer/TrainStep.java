package dev.fathom.training.trainer;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Precision;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.SiLogLoss;
import dev.fathom.engine.ops.SumOfSquares;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.nn.Parameter;
import dev.fathom.training.data.Batch;
import dev.fathom.training.optim.AdamW;
import dev.fathom.training.optim.GradScaler;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/**
 * One step of training: forward under autocast, loss times its scale, backward, a look at the gradients, optimiser.
 * Everything it allocates is given back at its end.
 */
final class TrainStep {
    /**
     * @param loss of the batch before the update; not finite only if the step was left out
     * @param applied whether the weights changed: false where float16 overflowed, which costs a step and lowers the
     * loss scale
     */
    record Result(double loss, boolean applied) {
    }

    private final DepthAnythingV2 model;
    private final AdamW optimiser;
    private final double lambda;
    private final Precision precision;
    private final GradScaler scaler;

    TrainStep(DepthAnythingV2 model, AdamW optimiser, double lambda, Precision precision, GradScaler scaler) {
        this.model = model;
        this.optimiser = optimiser;
        this.lambda = lambda;
        this.precision = precision;
        this.scaler = scaler;
    }

    /**
     * @param learningRate of the encoder in this step; each group multiplies it by its factor
     * @throws FathomException if the loss or a gradient is not finite and no loss scale can be the reason: the weights
     * are left as they were
     */
    Result run(Batch batch, double learningRate) {
        try (MemoryScope scope = MemoryScope.open("step")) {
            Tensor loss;
            try (Autocast mixed = Autocast.open(precision)) {
                loss = loss(batch);
            }
            double scale = scaler.scale();
            Gradients gradients = Backward.of(loss, Tensors.full(loss.spec(), loss.device(), scale), null);
            List<Tensor> all = model.parameters().trainable().stream().map(Parameter::tensor).map(gradients::of)
                    .filter(Objects::nonNull).toList();
            long nonFinite = SumOfSquares.of(all).nonFinite();
            double value = loss.item();
            boolean finite = nonFinite == 0 && Double.isFinite(value);
            if (finite) {
                optimiser.step(gradients::of, learningRate, 1 / scale);
            }
            scaler.update(finite);
            if (!finite && (!scaler.isOn() || scaler.scale() < 1)) {
                throw notFinite(batch, value, nonFinite);
            }
            return new Result(value, finite);
        }
    }

    private Tensor loss(Batch batch) {
        int n = batch.size();
        int side = batch.side();
        Device device = model.device();
        Tensor image = Tensors.of(batch.image(), n, side, side, 3).to(device);
        Tensor target = Tensors.of(batch.depth(), n, side, side).to(device);
        Tensor mask = Tensor.allocate(new TensorSpec(Shape.of(n, side, side), DType.BOOL), device)
                .copyFrom(MemorySegment.ofArray(batch.valid()));
        return SiLogLoss.of(model.forward(image), target, mask, lambda);
    }

    private FathomException notFinite(Batch batch, double loss, long nonFinite) {
        String what = Double.isFinite(loss) ? "The loss is " + loss + ", but " + nonFinite
                + " elements of its gradients are not finite" : "The loss is " + loss;
        String how = scaler.isOn() ? " even with a loss scale of 1" : "";
        return new FathomException(what + how + " on the batch of " + String.join(", ", batch.names())
                + ", so training cannot go on; the state saved last is as it was. Lower --lr, "
                + (scaler.isOn() ? "take --precision bf16, " : "") + "or look at these samples.");
    }
}
