package dev.fathom.nn;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.LayerNormEach;
import java.util.List;

/**
 * Normalises the last axis to mean 0 and variance 1 (biased, eps inside the root), then times {@code weight} plus
 * {@code bias}.
 */
public final class LayerNorm {
    private final Parameter weight;
    private final Parameter bias;
    private final double eps;

    public LayerNorm(Names names, int dim, double eps) {
        this.weight = names.parameter("weight", WeightLayout.PLAIN, new Init.Constant(1), dim);
        this.bias = names.parameter("bias", WeightLayout.PLAIN, new Init.Constant(0), dim);
        this.eps = eps;
    }

    public Tensor forward(Tensor x) {
        return dev.fathom.engine.ops.LayerNorm.of(x, weight.tensor(), bias.tensor(), eps);
    }

    /** Several sequences [N,T,C], each without its first {@code skip} tokens. */
    public List<Tensor> forwardEach(List<Tensor> x, int skip) {
        return LayerNormEach.of(x, weight.tensor(), bias.tensor(), eps, skip);
    }
}
