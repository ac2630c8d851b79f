package dev.fathom.models.dinov2;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Attention;
import dev.fathom.nn.Linear;
import dev.fathom.nn.Names;

/** Multi-head self-attention over all tokens: one product makes q, k and v. */
final class SelfAttention {
    private final int heads;
    private final Linear qkv;
    private final Linear proj;

    SelfAttention(Names names, VitConfig config) {
        this.heads = config.heads();
        this.qkv = new Linear(names.child("qkv"), config.dim(), 3 * config.dim());
        this.proj = new Linear(names.child("proj"), config.dim(), config.dim());
    }

    /** residual + gamma * attn(x): x and residual [N,T,D], gamma [D]. */
    Tensor forward(Tensor x, Tensor gamma, Tensor residual) {
        return proj.forwardResidual(Attention.of(qkv.forward(x), heads), gamma, residual);
    }
}
