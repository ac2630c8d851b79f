package dev.fathom.nn;

import dev.fathom.engine.Tensor;

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
}
