package dev.fathom.tools.bench;

import dev.fathom.engine.DType;
import dev.fathom.engine.TensorSpec;
import dev.fathom.engine.ops.OpCost;

/**
 * What a device can do at most.
 *
 * @param bytesPerSecond of its memory
 * @param halfFlopsPerSecond of products of 16-bit numbers
 * @param floatFlopsPerSecond of products of float32 numbers
 */
public record Ceilings(double bytesPerSecond, double halfFlopsPerSecond, double floatFlopsPerSecond) {
    /** In 10^12 bytes and 10^12 operations a second. */
    public static Ceilings ofTera(double bytes, double halfFlops, double floatFlops) {
        return new Ceilings(bytes * 1e12, halfFlops * 1e12, floatFlops * 1e12);
    }

    /**
     * Seconds that an operation takes at least.
     *
     * @param first its first argument: where it multiplies, in that argument's dtype
     */
    double seconds(OpCost cost, TensorSpec first) {
        boolean half = first.dtype() == DType.F16 || first.dtype() == DType.BF16;
        return cost.seconds(half ? halfFlopsPerSecond : floatFlopsPerSecond, bytesPerSecond);
    }
}
