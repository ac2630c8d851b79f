package dev.fathom.models.dinov2;

import dev.fathom.engine.Shape;
import dev.fathom.engine.Tensor;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.Tensors;
import dev.fathom.models.dinov2.VitConfig.Ffn;
import dev.fathom.nn.Names;
import java.util.function.UnaryOperator;

/**
 * A window for tests into the parts of the encoder, which are nobody else's business: each as a function of its input.
 */
public final class Dinov2Modules {
    private Dinov2Modules() {
    }

    private static VitConfig config(int imageSize, int dim, int heads, boolean swiGlu) {
        return new VitConfig(imageSize, 14, dim, 1, heads, swiGlu ? Ffn.SWIGLU : Ffn.MLP);
    }

    /** The scale that leaves a branch as it is. */
    private static Tensor ones(Tensor x) {
        return Tensors.full(new TensorSpec(Shape.of(x.dim(-1)), x.dtype()), x.device(), 1);
    }

    private static Tensor zeros(Tensor x) {
        return Tensors.zeros(x.spec(), x.device());
    }

    public static UnaryOperator<Tensor> attention(Names names, int dim, int heads) {
        SelfAttention attn = new SelfAttention(names, config(518, dim, heads, false));
        return x -> attn.forward(x, ones(x), zeros(x));
    }

    public static UnaryOperator<Tensor> feedForward(Names names, int dim, boolean swiGlu) {
        FeedForward mlp = FeedForward.of(names, config(518, dim, 1, swiGlu));
        return x -> mlp.forward(x, ones(x), zeros(x));
    }

    public static UnaryOperator<Tensor> block(Names names, int dim, int heads, boolean swiGlu) {
        return new Block(names, config(518, dim, heads, swiGlu))::forward;
    }

    public static UnaryOperator<Tensor> patchEmbed(Names names, int dim, int imageSize) {
        return new PatchEmbed(names, config(imageSize, dim, 1, false))::forward;
    }

    /** The position embedding for a picture of {@code h} x {@code w} patches. */
    public static Tensor positionEmbedding(Tensor learnt, int h, int w) {
        int grid = (int) Math.round(Math.sqrt(learnt.dim(1) - 1));
        return PositionEmbedding.at(learnt, grid, h, w);
    }
}
