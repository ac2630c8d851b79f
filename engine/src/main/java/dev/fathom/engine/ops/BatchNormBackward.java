package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.List;

/**
 * Gradient of {@link BatchNorm}. With n = (x - mean) rstd, channel by channel over its M values:
 * dweight = sum dy n; dbias = sum dy; dx = weight rstd (dy - dbias / M - n dweight / M) when the statistics were the
 * batch's, and weight rstd dy when they were constants.
 *
 * <p>Inputs: x [..., C], weight [C], mean [C], rstd [C], dy like x. Outputs: dx like x, dweight [C], dbias [C].
 *
 * @param training whether mean and rstd were those of the batch
 */
public record BatchNormBackward(boolean training) implements Op {
    @Override
    public String name() {
        return "batch_norm_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, 5);
        TensorSpec x = in.get(0);
        InferRules.isFloat(name(), "x", x);
        InferRules.atLeastRank(name(), "x", x, 2, "[..., C]");
        InferRules.vector(name(), "weight", in.get(1), x.dim(-1), "the last axis of x");
        InferRules.isWide(name(), "weight", in.get(1), x);
        InferRules.same(name(), "mean", in.get(2), in.get(1));
        InferRules.same(name(), "rstd", in.get(3), in.get(1));
        InferRules.same(name(), "dy", in.get(4), x);
        return List.of(x, in.get(1), in.get(1));
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] x = in.get(0).data();
        double[] dy = in.get(4).data();
        double[] dx = out.get(0).data();
        int channels = in.get(0).dim(-1);
        for (int c = 0; c < channels; c++) {
            double mean = in.get(2).data()[c];
            double rstd = in.get(3).data()[c];
            int count = x.length / channels;
            double dweight = 0;
            double dbias = 0;
            for (int i = c; i < x.length; i += channels) {
                dweight += dy[i] * (x[i] - mean) * rstd;
                dbias += dy[i];
            }
            for (int i = c; i < x.length; i += channels) {
                double share = training ? (dbias + (x[i] - mean) * rstd * dweight) / count : 0;
                dx[i] = in.get(1).data()[c] * rstd * (dy[i] - share);
            }
            out.get(1).data()[c] = dweight;
            out.get(2).data()[c] = dbias;
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
