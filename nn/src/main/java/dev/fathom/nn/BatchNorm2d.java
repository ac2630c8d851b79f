package dev.fathom.nn;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.BatchNorm;

/**
 * Normalises each channel of [N,H,W,C] over N, H and W: by the batch's own statistics in train mode (and updates the
 * running ones, momentum 0.1, unbiased variance), by the running ones in eval mode. {@code torch.nn.BatchNorm2d}.
 *
 * <p>With its running mean or variance {@linkplain Parameter#freeze frozen} it is in eval mode always, and nothing of
 * it moves: statistics that still moved would change what a frozen network computes.
 */
public final class BatchNorm2d {
    private static final double EPS = 1e-5;
    private static final double MOMENTUM = 0.1;

    private final ParameterSet set;
    private final Parameter weight;
    private final Parameter bias;
    private final Parameter runningMean;
    private final Parameter runningVar;
    private final Parameter batches;

    public BatchNorm2d(Names names, int channels) {
        set = names.set();
        weight = names.parameter("weight", WeightLayout.PLAIN, new Init.Constant(1), channels);
        bias = names.parameter("bias", WeightLayout.PLAIN, new Init.Constant(0), channels);
        runningMean = names.buffer("running_mean", 0, channels);
        runningVar = names.buffer("running_var", 1, channels);
        batches = names.counter("num_batches_tracked");
    }

    public Tensor forward(Tensor x) {
        boolean training = set.isTraining() && !runningMean.isFrozen() && !runningVar.isFrozen();
        if (training) {
            batches.tensor().copyFrom(new double[] {batches.tensor().item() + 1});
        }
        return BatchNorm.of(x, weight.tensor(), bias.tensor(), runningMean.tensor(), runningVar.tensor(), training,
                MOMENTUM, EPS);
    }
}
