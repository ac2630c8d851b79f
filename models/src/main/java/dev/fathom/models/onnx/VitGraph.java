package dev.fathom.models.onnx;

import dev.fathom.models.dinov2.VitConfig;
import java.util.ArrayList;
import java.util.List;

/** The encoder as a graph; read it beside {@code dev.fathom.models.dinov2.DinoVisionTransformer}. */
record VitGraph(Scope scope, VitConfig config) {
    /** What the decoder gets of one tap: patch tokens [N,h*w,D], and the cls token [N,1,D] (null if not wanted). */
    record Tap(Value patches, Value cls) {
    }

    /**
     * The normalised outputs of some blocks.
     *
     * @param image [N,3,H,W]
     * @param grid int64 [h, w], H / patch and W / patch
     * @param taps block indices, ascending
     */
    List<Tap> intermediateLayers(Value image, Value grid, List<Integer> taps, boolean withCls) {
        List<Tap> result = new ArrayList<>();
        Value x = tokens(image, grid);
        for (int i = 0; i < config.depth() && result.size() < taps.size(); i++) {
            x = block(scope.child("blocks").child(i), x);
            if (i == taps.get(result.size())) {
                Scope norm = scope.child("norm");
                Value normed = norm.layerNorm(x, VitConfig.EPS);
                result.add(new Tap(norm.slice(normed, 1, 1, Long.MAX_VALUE),
                        withCls ? norm.slice(normed, 1, 0, 1) : null));
            }
        }
        return result;
    }

    /** Patches with the cls token in front, plus positions: [N,1+h*w,D]. */
    private Value tokens(Value image, Value grid) {
        Scope embed = scope.child("patch_embed");
        Value map = embed.child("proj").conv(image, config.patch(), config.patch(), 0, true);
        Value patches = embed.transpose(embed.reshape(map, 0, 0, -1), 0, 2, 1);

        Scope position = scope.child("pos_embed");
        Value table = scope.weight("pos_embed");
        Value clsPosition = position.slice(table, 1, 0, 1);
        Value patchPositions = new PositionGraph(position, config.grid(), config.dim())
                .at(position.slice(table, 1, 1, Long.MAX_VALUE), grid);

        Value batch = scope.slice(scope.shape(image), 0, 1);
        Value one = scope.graph().vector(1);
        Value cls = scope.expand(scope.add(scope.weight("cls_token"), clsPosition), scope.concat(0, batch, one, one));
        return scope.concat(1, cls, scope.add(patches, patchPositions));
    }

    /** x += gamma1 * attn(norm1(x)); x += gamma2 * mlp(norm2(x)). */
    private Value block(Scope block, Value x) {
        Value attended = attention(block.child("attn"), block.child("norm1").layerNorm(x, VitConfig.EPS));
        Value y = block.add(x, block.mul(attended, block.child("ls1").weight("gamma")));
        Value fed = feedForward(block.child("mlp"), block.child("norm2").layerNorm(y, VitConfig.EPS));
        return block.add(y, block.mul(fed, block.child("ls2").weight("gamma")));
    }

    /** Multi-head self-attention, [N,T,D] to [N,T,D]. */
    private Value attention(Scope attn, Value x) {
        int dim = config.dim();
        int headDim = dim / config.heads();
        List<Value> qkv = attn.split(attn.child("qkv").linear(x), dim, dim, dim);
        Value q = heads(attn, qkv.get(0), headDim, 0, 2, 1, 3);
        Value kTransposed = heads(attn, qkv.get(1), headDim, 0, 2, 3, 1);
        Value v = heads(attn, qkv.get(2), headDim, 0, 2, 1, 3);
        Value scaled = attn.mul(q, attn.graph().real(1 / Math.sqrt(headDim)));
        Value mixed = attn.matMul(attn.softmax(attn.matMul(scaled, kTransposed)), v);
        return attn.child("proj").linear(attn.reshape(attn.transpose(mixed, 0, 2, 1, 3), 0, 0, dim));
    }

    /** [N,T,D] as [N,T,heads,headDim], its axes then in the order asked for. */
    private Value heads(Scope attn, Value x, int headDim, long... order) {
        return attn.transpose(attn.reshape(x, 0, 0, config.heads(), headDim), order);
    }

    private Value feedForward(Scope mlp, Value x) {
        return switch (config.ffn()) {
            case MLP -> mlp.child("fc2").linear(mlp.gelu(mlp.child("fc1").linear(x)));
            case SWIGLU -> {
                int hidden = config.swigluHidden();
                List<Value> halves = mlp.split(mlp.child("w12").linear(x), hidden, hidden);
                Value a = halves.get(0);
                Value silu = mlp.mul(a, mlp.sigmoid(a));
                yield mlp.child("w3").linear(mlp.mul(silu, halves.get(1)));
            }
        };
    }
}
