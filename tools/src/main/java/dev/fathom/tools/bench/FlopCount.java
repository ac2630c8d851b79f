package dev.fathom.tools.bench;

import dev.fathom.engine.Tensor;
import dev.fathom.engine.ops.Attention;
import dev.fathom.engine.ops.AttentionBackward;
import dev.fathom.engine.ops.Conv2d;
import dev.fathom.engine.ops.Conv2dBackwardInput;
import dev.fathom.engine.ops.Conv2dBackwardWeight;
import dev.fathom.engine.ops.ConvTranspose2d;
import dev.fathom.engine.ops.Linear;
import dev.fathom.engine.ops.MatMul;
import dev.fathom.engine.ops.Op;
import java.util.List;

/**
 * Floating-point operations of the products inside an operation (a multiply-add counts as two) and the bytes that it
 * must move.
 */
final class FlopCount {
    private FlopCount() {
    }

    /** Products alone; 0 for everything that is limited by memory. */
    static long of(Op op, List<Tensor> in, List<Tensor> out) {
        return switch (op) {
            case Linear linear -> 2 * out.get(0).numel() * in.get(1).dim(1);
            case MatMul product -> 2 * out.get(0).numel() * in.get(0).dim(product.transposeA() ? -2 : -1);
            case Conv2d conv -> 2 * out.get(0).numel() * (in.get(1).numel() / Math.max(1, in.get(1).dim(0)));
            case Conv2dBackwardInput conv -> 2 * in.get(0).numel() * (in.get(1)
                    .numel() / Math.max(1, in.get(1).dim(0)));
            case Conv2dBackwardWeight conv -> 2 * in.get(1).numel() * (out.get(0)
                    .numel() / Math.max(1, out.get(0).dim(0)));
            case ConvTranspose2d conv -> 2 * out.get(0).numel() * in.get(0).dim(-1);
            case Attention attention -> attention(in.get(0), 2);
            case AttentionBackward attention -> attention(in.get(0), 5);
            default -> 0;
        };
    }

    /** Each of the products is T x T x C. */
    private static long attention(Tensor qkv, int products) {
        return 2L * products * qkv.dim(0) * qkv.dim(1) * qkv.dim(1) * (qkv.dim(2) / 3);
    }

    /** Every input read once and every output written once. */
    static long bytes(List<Tensor> in, List<Tensor> out) {
        long bytes = 0;
        for (Tensor t : in) {
            bytes += t.spec().bytes();
        }
        for (Tensor t : out) {
            bytes += t.spec().bytes();
        }
        return bytes;
    }
}
