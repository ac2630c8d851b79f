package dev.fathom.models.dinov2;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.autograd.Checkpoint;
import dev.fathom.engine.memory.MemoryScope;
import dev.fathom.engine.ops.Slice;
import dev.fathom.engine.ops.TokenEmbedding;
import dev.fathom.nn.Init;
import dev.fathom.nn.LayerNorm;
import dev.fathom.nn.Names;
import dev.fathom.nn.Parameter;
import dev.fathom.nn.WeightLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The encoder: a picture becomes a sequence of tokens, and four of its intermediate sequences are what the decoder
 * sees.
 *
 * <pre>
 * [N,H,W,3] --patch_embed--> [N,hw,D] --cls, position--> [N,1+hw,D] --blocks--> taps --norm--> 4 x ([N,hw,D], [N,D])
 * </pre>
 */
public final class DinoVisionTransformer {
    private final VitConfig config;
    private final Parameter clsToken;
    private final Parameter posEmbed;
    private final PatchEmbed patchEmbed;
    private final List<Block> blocks = new ArrayList<>();
    private final LayerNorm norm;
    private boolean checkpointing;

    public DinoVisionTransformer(Names names, VitConfig config) {
        this.config = config;
        int d = config.dim();
        clsToken = names.parameter("cls_token", WeightLayout.PLAIN, new Init.Normal(1e-6), 1, 1, d);
        posEmbed = names.parameter("pos_embed", WeightLayout.PLAIN, new Init.TruncatedNormal(0.02, 2), 1,
                config.grid() * config.grid() + 1, d);
        // Only used by DINOv2's own training, but part of every checkpoint.
        names.parameter("mask_token", WeightLayout.PLAIN, new Init.Constant(0), 1, d);
        patchEmbed = new PatchEmbed(names.child("patch_embed"), config);
        for (int i = 0; i < config.depth(); i++) {
            blocks.add(new Block(names.child("blocks").child(i), config));
        }
        norm = new LayerNorm(names.child("norm"), d, VitConfig.EPS);
    }

    /** What the decoder gets of one tap: patch tokens [N,h*w,D] and the cls token [N,D], both after the final norm. */
    public record Tap(Tensor patches, Tensor cls) {
    }

    /** Whether training keeps of each block only what it begins with, and computes the block again for its gradient. */
    public void gradientCheckpointing(boolean on) {
        checkpointing = on;
    }

    public VitConfig config() {
        return config;
    }

    /**
     * The normalised outputs of some blocks ({@code get_intermediate_layers(x, taps, return_class_token=True)}).
     *
     * @param x [N,H,W,3], normalised, H and W multiples of the patch
     * @param taps block indices, ascending
     * @param withCls whether the cls tokens are wanted; null in the result if not
     */
    public List<Tap> intermediateLayers(Tensor x, int[] taps, boolean withCls) {
        List<Tap> result = new ArrayList<>();
        try (MemoryScope scope = MemoryScope.scratch("encoder")) {
            List<Tensor> sequences = new ArrayList<>();
            Tensor tokens = tokens(x);
            for (int i = 0; i < blocks.size() && sequences.size() < taps.length; i++) {
                Tensor before = tokens;
                Block block = blocks.get(i);
                tokens = checkpointing ? Checkpoint.of(in -> block.forward(in[0]), before) : block.forward(before);
                if (sequences.isEmpty() || sequences.getLast() != before) {
                    scope.drop(before);
                }
                if (i == taps[sequences.size()]) {
                    sequences.add(tokens);
                }
            }
            List<Tensor> normed = norm.forwardEach(sequences, withCls ? 0 : 1);
            for (int j = 0; j < sequences.size(); j++) {
                result.add(withCls ? tap(scope, normed.get(j)) : new Tap(scope.keep(normed.get(j)), null));
            }
        }
        return result;
    }

    private Tap tap(MemoryScope scope, Tensor normed) {
        Tensor patches = Slice.of(normed, 1, 1, normed.dim(1) - 1);
        Tensor cls = Slice.of(normed, 1, 0, 1).reshape(normed.dim(0), config.dim());
        scope.drop(normed);
        return new Tap(scope.keep(patches), scope.keep(cls));
    }

    /** Patches with the cls token in front, plus positions: [N,1+h*w,D]. */
    private Tensor tokens(Tensor x) {
        try (MemoryScope scope = MemoryScope.scratch("tokens")) {
            Tensor patches = patchEmbed.forward(x);
            Tensor position = PositionEmbedding.at(posEmbed.tensor(), config.grid(), x.dim(1) / config.patch(),
                    x.dim(2) / config.patch());
            return scope.keep(TokenEmbedding.of(patches, clsToken.tensor(), position));
        }
    }
}
