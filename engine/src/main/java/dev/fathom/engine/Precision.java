package dev.fathom.engine;

/**
 * In which numbers a network computes: a policy for whole passes, see {@link dev.fathom.engine.dispatch.Autocast}.
 * Weights and everything an optimiser keeps are float32 in all three.
 */
public enum Precision {
    /** float32 throughout. */
    FP32(null),
    /** Products and attention in float16: 11 bits, but nothing above 65504, so that training scales its loss. */
    FP16(DType.F16),
    /** Products and attention in bfloat16: float32's range with 8 bits. */
    BF16(DType.BF16);

    private final DType half;

    Precision(DType half) {
        this.half = half;
    }

    /** The 16-bit dtype of products; null for {@link #FP32}. */
    public DType half() {
        return half;
    }

    /** The precision whose products are of this 16-bit dtype; {@link #FP32} for null. */
    public static Precision of(DType half) {
        return half == null ? FP32 : half == DType.F16 ? FP16 : BF16;
    }

    /** What the command line calls it: {@code fp16}. */
    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
