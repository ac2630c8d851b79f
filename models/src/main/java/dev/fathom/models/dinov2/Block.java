package dev.fathom.models.dinov2;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.nn.Init;
import dev.fathom.nn.LayerNorm;
import dev.fathom.nn.Names;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.WeightLayout;

/**
 * One transformer block, pre-norm with layer scale: x += gamma1 * attn(norm1(x)); x += gamma2 * mlp(norm2(x)).
 */
final class Block {
    private final LayerNorm norm1;
    private final SelfAttention attn;
    private final Parameter gamma1;
    private final LayerNorm norm2;
    private final FeedForward mlp;
    private final Parameter gamma2;

    Block(Names names, VitConfig config) {
        norm1 = new LayerNorm(names.child("norm1"), config.dim(), VitConfig.EPS);
        attn = new SelfAttention(names.child("attn"), config);
        gamma1 = names.child("ls1").parameter("gamma", WeightLayout.PLAIN, new Init.Constant(1), config.dim());
        norm2 = new LayerNorm(names.child("norm2"), config.dim(), VitConfig.EPS);
        mlp = FeedForward.of(names.child("mlp"), config);
        gamma2 = names.child("ls2").parameter("gamma", WeightLayout.PLAIN, new Init.Constant(1), config.dim());
    }

    /** [N,T,D] to [N,T,D] */
    Tensor forward(Tensor x) {
        try (MemoryScope scope = MemoryScope.scratch("block")) {
            Tensor y = attn.forward(norm1.forward(x), gamma1.tensor(), x);
            return scope.keep(mlp.forward(norm2.forward(y), gamma2.tensor(), y));
        }
    }
}
