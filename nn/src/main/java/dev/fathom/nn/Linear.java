package dev.fathom.nn;

import dev.fathom.engine.Tensor;

/**
 * y = x Wᵀ + b over the last axis: x [..., in], {@code weight} [out, in], {@code bias} [out]. {@code torch.nn.Linear}.
 */
public final class Linear {
    private final Parameter weight;
    private final Parameter bias;

    /**
     * Starts as the ViT's linears do: weight truncated normal 0.02, bias 0 (SPEC 1.8; dinov2 {@code
     * init_weights_vit_timm}).
     */
    public Linear(Names names, int in, int out) {
        weight = names.parameter("weight", WeightLayout.PLAIN, new Init.TruncatedNormal(0.02, 2), out, in);
        bias = names.parameter("bias", WeightLayout.PLAIN, new Init.Constant(0), out);
    }

    public Tensor forward(Tensor x) {
        return dev.fathom.engine.ops.Linear.of(x, weight.tensor(), bias.tensor());
    }

    /** gelu(x Wᵀ + b), exact erf form, in one pass over the product. */
    public Tensor forwardGelu(Tensor x) {
        return dev.fathom.engine.ops.Linear.gelu(x, weight.tensor(), bias.tensor());
    }

    /** residual + gamma * (x Wᵀ + b), a transformer's residual branch with layer scale, in one pass over the product. */
    public Tensor forwardResidual(Tensor x, Tensor gamma, Tensor residual) {
        return dev.fathom.engine.ops.LinearResidual.of(x, weight.tensor(), bias.tensor(), gamma, residual);
    }
}
