package dev.fathom.training.trainer;

import dev.fathom.engine.DType;
import dev.fathom.engine.Device;
import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.engine.autograd.Backward;
import dev.fathom.engine.autograd.Gradients;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.SiLogLoss;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Batch;
import dev.fathom.training.optim.AdamW;
import java.lang.foreign.MemorySegment;

/** One step of training: forward, loss, backward, optimiser. Everything it allocates is given back at its end. */
final class TrainStep {
    private final DepthAnythingV2 model;
    private final AdamW optimiser;
    private final double lambda;

    TrainStep(DepthAnythingV2 model, AdamW optimiser, double lambda) {
        this.model = model;
        this.optimiser = optimiser;
        this.lambda = lambda;
    }

    /**
     * @param learningRate of the encoder in this step; each group multiplies it by its factor
     * @return the batch's loss before the update
     * @throws FathomException if the loss is not finite: the weights are left as they were
     */
    double run(Batch batch, double learningRate) {
        int n = batch.size();
        int side = batch.side();
        try (MemoryScope scope = MemoryScope.open("step")) {
            Device device = model.device();
            Tensor image = Tensors.of(batch.image(), n, side, side, 3).to(device);
            Tensor target = Tensors.of(batch.depth(), n, side, side).to(device);
            Tensor mask = Tensor.allocate(new TensorSpec(Shape.of(n, side, side), DType.BOOL), device)
                    .copyFrom(MemorySegment.ofArray(batch.valid()));
            Tensor loss = SiLogLoss.of(model.forward(image), target, mask, lambda);
            double value = loss.item();
            if (!Double.isFinite(value)) {
                throw new FathomException("The loss is " + value + " on the batch of "
                        + String.join(", ", batch.names())
                        + ", so training cannot go on; the state saved last is as it was. Lower --lr, or look at these "
                        + "samples.");
            }
            Gradients gradients = Backward.of(loss);
            optimiser.step(gradients, learningRate);
            return value;
        }
    }
}
