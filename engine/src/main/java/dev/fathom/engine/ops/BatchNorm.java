package dev.fathom.engine.ops;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.errors.ShapeException;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * Batch normalisation of the channels of a channels-last tensor (Ioffe, Szegedy 2015):
 * y = (x - m) / sqrt(v + eps) * weight + bias, channel by channel. {@code F.batch_norm}.
 *
 * <p>With {@code training}, m and v are the mean and the biased variance of the channel over all other axes, and the
 * running statistics are updated in place: running = (1 - momentum) running + momentum new, where the new variance is
 * the unbiased one (divided by M - 1). Without, m and v are the running statistics.
 *
 * <p>Inputs: x [..., C]; weight [C], bias [C], running_mean [C], running_var [C], float32 also beside 16-bit x. Outputs: y like x; m [C] and 1 /
 * sqrt(v + eps) [C], which only the gradient reads ({@link BatchNormBackward}), so {@link #of} hands out y alone.
 *
 * @param training whether to normalise by this batch's statistics
 * @param momentum weight of this batch in the running statistics; PyTorch's default is 0.1
 * @param eps added to the variance, inside the root; PyTorch's default is 1e-5
 */
public record BatchNorm(boolean training, double momentum, double eps) implements Op {
    /** y alone; with {@code training} the running statistics are updated. */
    public static Tensor of(Tensor x, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVar,
            boolean training, double momentum, double eps) {
        return Dispatcher.run(new BatchNorm(training, momentum, eps), x, weight, bias, runningMean, runningVar).get(0);
    }

    @Override
    public String name() {
        return "batch_norm";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 5);
        TensorSpec x = in.get(0);
        InferRules.isFloat(name(), "x", x);
        InferRules.atLeastRank(name(), "x", x, 2, "[..., C]");
        String[] names = {"x", "weight", "bias", "running_mean", "running_var"};
        for (int i = 1; i < 5; i++) {
            InferRules.vector(name(), names[i], in.get(i), x.dim(-1), "the last axis of x");
            InferRules.isWide(name(), names[i], in.get(i), x);
        }
        if (training && x.shape().product(0, x.rank() - 1) < 2) {
            throw new ShapeException("batch_norm: x" + x.shape() + " has fewer than 2 values a channel, too few"
                    + " for the batch's variance; train with larger batches or pictures, or normalise by the running"
                    + " statistics");
        }
        return List.of(x, in.get(1), in.get(1));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] runningMean = in.get(3).data();
        double[] runningVar = in.get(4).data();
        int channels = in.get(0).dim(-1);
        for (int c = 0; c < channels; c++) {
            double mean = runningMean[c];
            double variance = runningVar[c];
            if (training) {
                int count = x.length / channels;
                mean = 0;
                for (int i = c; i < x.length; i += channels) {
                    mean += x[i] / count;
                }
                variance = 0;
                for (int i = c; i < x.length; i += channels) {
                    variance += (x[i] - mean) * (x[i] - mean) / count;
                }
                runningMean[c] += momentum * (mean - runningMean[c]);
                runningVar[c] += momentum * (variance * count / (count - 1) - runningVar[c]);
            }
            double rstd = 1 / Math.sqrt(variance + eps);
            for (int i = c; i < x.length; i += channels) {
                out.get(0).data()[i] = (x[i] - mean) * rstd * in.get(1).data()[c] + in.get(2).data()[c];
            }
            out.get(1).data()[c] = mean;
            out.get(2).data()[c] = rstd;
        }
    }

    @Override
    public int[] mutates() {
        return training ? new int[] {3, 4} : new int[0];
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.inPlace(this, in).plus(OpCost.streaming(List.of(), out));
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.inputs(0, 1, 2);
    }

    @Override
    public Saves saves() {
        return Saves.inputs(0, 1).andOutputs(1, 2);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        List<Tensor> gradients = Dispatcher.run(new BatchNormBackward(training), call.input(0), call.input(1),
                call.output(1), call.output(2), call.gradOutput(0));
        return new Tensor[] {gradients.get(0), gradients.get(1), gradients.get(2), null, null};
    }
}
