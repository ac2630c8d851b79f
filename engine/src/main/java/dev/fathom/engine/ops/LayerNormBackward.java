package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.Arrays;
import java.util.List;

/**
 * Gradient of {@link LayerNorm}. With n = (x - mean) rstd and g = dy weight, row by row over C channels:
 * dx = rstd (g - mean(g) - n mean(g n)) [+ arrived]; dweight = sum over rows of dy n; dbias = sum over rows of dy.
 *
 * <p>Inputs: x [..., C], weight [C], mean [...], rstd [...], dy of x's shape and of any floating-point dtype (y's); weight,
 * mean and rstd float32 also beside 16-bit x. Outputs: dx like x, dweight [C], dbias [C] like weight.
 *
 * @param adds whether a sixth argument like x is added to dx: what x's other users gave, a residual's gradient
 */
public record LayerNormBackward(boolean adds) implements Op {
    /** dx alone. */
    public LayerNormBackward() {
        this(false);
    }

    @Override
    public String name() {
        return "layer_norm_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, adds ? 6 : 5);
        TensorSpec x = in.get(0);
        InferRules.isFloat(name(), "x", x);
        InferRules.atLeastRank(name(), "x", x, 1, "[..., C]");
        InferRules.vector(name(), "weight", in.get(1), x.dim(-1), "the last axis of x");
        InferRules.isWide(name(), "weight", in.get(1), x);
        TensorSpec rows = new TensorSpec(x.shape().leading(x.rank() - 1), InferRules.wide(x.dtype()));
        InferRules.same(name(), "mean", in.get(2), rows);
        InferRules.same(name(), "rstd", in.get(3), rows);
        InferRules.isFloat(name(), "dy", in.get(4));
        InferRules.sameShape(name(), "x", x, "dy", in.get(4));
        if (adds) {
            InferRules.same(name(), "arrived", in.get(5), x);
        }
        return List.of(x, in.get(1), in.get(1));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] weight = in.get(1).data();
        double[] mean = in.get(2).data();
        double[] rstd = in.get(3).data();
        double[] dy = in.get(4).data();
        double[] dx = out.get(0).data();
        double[] dweight = out.get(1).data();
        double[] dbias = out.get(2).data();
        Arrays.fill(dweight, 0);
        Arrays.fill(dbias, 0);
        int channels = weight.length;
        for (int row = 0; row < mean.length; row++) {
            int at = row * channels;
            double meanG = 0;
            double meanGn = 0;
            for (int c = 0; c < channels; c++) {
                double n = (x[at + c] - mean[row]) * rstd[row];
                meanG += dy[at + c] * weight[c] / channels;
                meanGn += dy[at + c] * weight[c] * n / channels;
                dweight[c] += dy[at + c] * n;
                dbias[c] += dy[at + c];
            }
            for (int c = 0; c < channels; c++) {
                double n = (x[at + c] - mean[row]) * rstd[row];
                dx[at + c] = rstd[row] * (dy[at + c] * weight[c] - meanG - n * meanGn)
                        + (adds ? in.get(5).data()[at + c] : 0);
            }
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("gradients of gradients are not part of this engine");
    }
}
