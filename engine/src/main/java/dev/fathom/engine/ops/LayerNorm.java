package dev.fathom.engine.ops;

import dev.fathom.engine.DType;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.autograd.BackwardCall;
import dev.fathom.engine.dispatch.Autocast;
import dev.fathom.engine.dispatch.Dispatcher;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;

/**
 * Layer normalisation over the last axis (Ba, Kiros, Hinton 2016): with m and v the mean and the biased variance of a
 * row of x, y = (x - m) / sqrt(v + eps) * weight + bias. {@code torch.nn.LayerNorm(C, eps)}.
 *
 * <p>Inputs: x [..., C]; weight [C] and bias [C], float32 also beside 16-bit x. Outputs: y like x, in the dtype asked
 * for; m [...] and 1 / sqrt(v + eps) [...], float32 also beside 16-bit x, which only the gradient reads ({@link
 * LayerNormBackward}); no gradient flows through them, so {@link #of} hands out y alone.
 *
 * <p>Numerics: the variance is the mean of (x - m)^2 in a second pass, never E[x^2] - m^2, which loses every digit when
 * the mean is much larger than the spread. With 16-bit x or y all arithmetic is float32 and y is rounded once.
 *
 * <p>Under {@link Autocast} y is 16-bit whatever x is: the same values as those of a float32 norm whose result the next
 * product casts, which is what PyTorch's autocast makes of it, with one launch less.
 *
 * @param eps added to the variance, inside the root; DINOv2 uses 1e-6, PyTorch's default is 1e-5
 * @param dtype of y; null for x's own
 */
public record LayerNorm(double eps, DType dtype) implements Op {
    /** A norm whose result has x's dtype. */
    public LayerNorm(double eps) {
        this(eps, null);
    }

    /** y alone. */
    public static Tensor of(Tensor x, Tensor weight, Tensor bias, double eps) {
        return Dispatcher.run(new LayerNorm(eps, Autocast.halfFor(x)), x, weight, bias).get(0);
    }

    @Override
    public String name() {
        return "layer_norm";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 3);
        TensorSpec x = in.get(0);
        InferRules.isFloat(name(), "x", x);
        InferRules.atLeastRank(name(), "x", x, 1, "[..., C]");
        int channels = x.dim(-1);
        InferRules.vector(name(), "weight", in.get(1), channels, "the last axis of x");
        InferRules.vector(name(), "bias", in.get(2), channels, "the last axis of x");
        InferRules.isWide(name(), "weight", in.get(1), x);
        InferRules.isWide(name(), "bias", in.get(2), x);
        TensorSpec rows = new TensorSpec(x.shape().leading(x.rank() - 1), InferRules.wide(x.dtype()));
        return List.of(dtype == null ? x : new TensorSpec(x.shape(), dtype), rows, rows);
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] weight = in.get(1).data();
        double[] bias = in.get(2).data();
        double[] y = out.get(0).data();
        int channels = weight.length;
        for (int row = 0; row < out.get(1).data().length; row++) {
            int at = row * channels;
            double mean = 0;
            for (int c = 0; c < channels; c++) {
                mean += x[at + c] / channels;
            }
            double variance = 0;
            for (int c = 0; c < channels; c++) {
                variance += (x[at + c] - mean) * (x[at + c] - mean) / channels;
            }
            double rstd = 1 / Math.sqrt(variance + eps);
            for (int c = 0; c < channels; c++) {
                y[at + c] = (x[at + c] - mean) * rstd * weight[c] + bias[c];
            }
            out.get(1).data()[row] = mean;
            out.get(2).data()[row] = rstd;
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.ALL;
    }

    @Override
    public Saves saves() {
        return Saves.inputs(0, 1).andOutputs(1, 2);
    }

    @Override
    public Tensor[] backward(BackwardCall call) {
        List<Tensor> in = new ArrayList<>(List.of(call.input(0), call.input(1), call.output(1), call.output(2),
                call.gradOutput(0)));
        // In a transformer x is a residual stream, whose own gradient is there before that of the branch.
        Tensor arrived = call.takeArrived(0);
        if (arrived != null) {
            in.add(arrived);
        }
        return Dispatcher.run(new LayerNormBackward(arrived != null), in.toArray(Tensor[]::new))
                .toArray(Tensor[]::new);
    }
}
