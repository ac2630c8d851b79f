package dev.fathom.engine.ops;

/**
 * Whether gradients flow through an operation, and through which inputs. Declared by every operation: a missing
 * gradient must be an error, never a parameter that silently stops learning.
 *
 * @param inputs bit i set: gradients flow to input i. All ones means every floating-point input
 * @param reason why there is none, for the error text; null where gradients flow
 */
public record Differentiability(long inputs, String reason) {
    /** Gradients flow to every floating-point input. */
    public static final Differentiability ALL = new Differentiability(-1L, null);

    /** Gradients flow to these inputs only; the others are constants by nature (targets, masks). */
    public static Differentiability inputs(int... indices) {
        long bits = 0;
        for (int i : indices) {
            bits |= 1L << i;
        }
        return new Differentiability(bits, null);
    }

    /** No gradient at all, because of this. */
    public static Differentiability none(String reason) {
        return new Differentiability(0, reason);
    }

    public boolean flowsTo(int input) {
        return (inputs >>> Math.min(input, 63) & 1) == 1;
    }
}
