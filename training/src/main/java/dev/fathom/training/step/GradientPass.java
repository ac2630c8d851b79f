package dev.fathom.training.step;

import dev.fathom.engine.Precision;
import dev.fathom.engine.Tensor;
import dev.fathom.models.depthanything.DepthAnythingV2;
import dev.fathom.training.data.Batch;
import dev.fathom.training.loss.Objective;
import dev.fathom.training.parallel.Split;
import java.util.List;
import java.util.Map;

/** Forward, loss and backward of one batch after another: {@link WholePass} in one piece, {@link SplitPass} in parts. */
interface GradientPass extends AutoCloseable {
    /**
     * @param objective what is made small
     * @param precision of the forward pass, and so of the gradients of its activations
     * @param split how a batch is shared out; the model is where its first device is
     */
    static GradientPass of(DepthAnythingV2 model, Objective objective, Precision precision, Split split) {
        return split.isWhole() ? new WholePass(model, objective, precision)
                : new SplitPass(model, objective, precision, split);
    }

    /**
     * What a pass gives.
     *
     * @param loss of the batch, one element
     * @param byParameter gradients of the loss times its scale, by the parameter's tensor, in the order of the
     * parameters; none for those that the loss does not depend on
     */
    record Result(Tensor loss, Map<Tensor, Tensor> byParameter) {
        /** All gradients. */
        List<Tensor> gradients() {
            return List.copyOf(byParameter.values());
        }
    }

    /**
     * Runs a batch. The result belongs to the innermost scope or, on a GPU, is overwritten by the next run.
     *
     * @param lossScale what the loss is multiplied by before backward
     */
    Result run(Batch batch, double lossScale);

    /**
     * A pass of its own that computes the same where every operation can be seen: on the calling thread alone, without a
     * captured graph. This one gives back what it keeps on a device, as that pass needs the room.
     */
    GradientPass plain();

    /** Gives back what is kept between steps. */
    @Override
    void close();
}
