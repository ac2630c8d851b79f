package dev.fathom.engine.ops;

import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.reference.NdArray;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradients of {@link LinearResidual}'s parameters from sums over its rows. With G = dyᵀ x [O,I] and s = the sum of
 * dy over rows [O], for every output o:
 *
 * <pre>
 * dweight[o] = gamma[o] G[o]        dgamma[o] = &lt;weight[o], G[o]&gt; + bias[o] s[o]        dbias[o] = gamma[o] s[o]
 * </pre>
 *
 * <p>Arguments weight, gamma, G and, with a bias, bias and s; outputs dweight, dgamma and, with a bias, dbias; last, if
 * {@code scaled}, diag(gamma) weight in the weight's dtype, by which dy is multiplied for the gradient of x. One pass over
 * two matrices of the weight's size, however many rows there were. Beside a 16-bit weight all others are float32.
 *
 * @param bias whether there is a bias
 * @param scaled whether the scaled weight is wanted
 */
public record LayerScaleBackward(boolean bias, boolean scaled) implements Op {
    @Override
    public String name() {
        return "layer_scale_backward";
    }

    @Override
    public List<TensorSpec> infer(List<TensorSpec> in) {
        InferRules.arity(name(), in, bias ? 5 : 3);
        TensorSpec weight = in.get(0);
        TensorSpec gamma = in.get(1);
        InferRules.isFloat(name(), "weight", weight);
        InferRules.rank(name(), "weight", weight, 2, "[O,I]");
        InferRules.isWide(name(), "gamma", gamma, weight);
        InferRules.vector(name(), "gamma", gamma, weight.dim(0), "weight" + weight.shape() + " axis 0");
        TensorSpec dweight = new TensorSpec(weight.shape(), gamma.dtype());
        InferRules.same(name(), "G", in.get(2), dweight);
        List<TensorSpec> out = new ArrayList<>(List.of(dweight, gamma));
        if (bias) {
            InferRules.same(name(), "bias", in.get(3), gamma);
            InferRules.same(name(), "s", in.get(4), gamma);
            out.add(gamma);
        }
        if (scaled) {
            out.add(weight);
        }
        return out;
    }

    @Override
    public void reference(List<NdArray> in, List<NdArray> out) {
        double[] weight = in.get(0).data();
        double[] gamma = in.get(1).data();
        double[] g = in.get(2).data();
        int n = in.get(0).dim(1);
        for (int o = 0; o < gamma.length; o++) {
            double sum = bias ? in.get(3).data()[o] * in.get(4).data()[o] : 0;
            for (int i = o * n; i < (o + 1) * n; i++) {
                out.get(0).data()[i] = gamma[o] * g[i];
                sum += weight[i] * g[i];
                if (scaled) {
                    out.getLast().data()[i] = gamma[o] * weight[i];
                }
            }
            out.get(1).data()[o] = sum;
            if (bias) {
                out.get(2).data()[o] = gamma[o] * in.get(4).data()[o];
            }
        }
    }

    @Override
    public OpCost cost(List<TensorSpec> in, List<TensorSpec> out) {
        return OpCost.streaming(in, out);
    }

    @Override
    public Differentiability differentiability() {
        return Differentiability.none("it is itself a gradient");
    }
}
