package dev.fathom.engine.numeric;

/**
 * The two 16-bit float formats and the roads to and from them.
 *
 * <table>
 * <caption>Bits, from the most significant one</caption>
 * <tr><th>format</th><th>sign</th><th>exponent (bias)</th><th>fraction</th><th>largest</th><th>smallest</th></tr>
 * <tr><td>float16 (IEEE 754 binary16)</td><td>1</td><td>5 (15)</td><td>10</td><td>65504</td><td>2^-24</td></tr>
 * <tr><td>bfloat16 (half a binary32)</td><td>1</td><td>8 (127)</td><td>7</td><td>3.39e38</td><td>2^-133</td></tr>
 * </table>
 *
 * <p>Widening is exact. Narrowing rounds to nearest, ties to even, once: values too large become infinite, values below
 * half the smallest subnormal become zero with their sign kept, and a NaN stays a NaN (its payload may change). From a
 * double the value is rounded once too, where PyTorch's {@code double -> float -> half} rounds twice and can be one
 * unit off on a tie that the first rounding made.
 */
public final class HalfFloats {
    private static final short BFLOAT16_QUIET_NAN = (short) 0x7fc0;

    private HalfFloats() {
    }

    /** Widens a float16. Exact. */
    public static float fromFloat16(short bits) {
        return Float.float16ToFloat(bits);
    }

    /** Rounds to float16, nearest even. The JDK's method has exactly this contract and compiles to one instruction. */
    public static short toFloat16(float value) {
        return Float.floatToFloat16(value);
    }

    /** Rounds to float16, nearest even, in one rounding. */
    public static short toFloat16(double value) {
        return Float.floatToFloat16(roundToOdd(value));
    }

    /** Widens a bfloat16. Exact: the bits move to the upper half of a binary32. */
    public static float fromBfloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /**
     * Rounds to bfloat16, nearest even.
     *
     * <p>Adding 0x7fff and the lowest kept bit carries into the kept half exactly when the dropped half is above one
     * half, or is one half and the kept bit is odd; a carry out of the fraction raises the exponent, up to infinity,
     * which is what rounding asks for. NaN goes its own way: the carry could turn it into infinity.
     */
    public static short toBfloat16(float value) {
        if (Float.isNaN(value)) {
            return BFLOAT16_QUIET_NAN;
        }
        int bits = Float.floatToRawIntBits(value);
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /** Rounds to bfloat16, nearest even, in one rounding. */
    public static short toBfloat16(double value) {
        return toBfloat16(roundToOdd(value));
    }

    /**
     * Narrows a double so that a second, coarser rounding gives what a single one would have given.
     *
     * <p>Where the value lies between two floats, the one with the odd last bit is taken: it can never look like a
     * tie of the coarser format (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", IEEE Trans.
     * Computers 2008; enough as float keeps at least two bits more than the target).
     */
    private static float roundToOdd(double value) {
        float nearest = (float) value;
        if (nearest == value || Float.isNaN(nearest)) {
            return nearest;
        }
        if (Float.isInfinite(nearest)) {
            return Double.isInfinite(value) ? nearest : Math.copySign(Float.MAX_VALUE, nearest);
        }
        int bits = Float.floatToRawIntBits(nearest);
        if ((bits & 1) != 0) {
            return nearest;
        }
        boolean nearestIsAbove = Math.abs((double) nearest) > Math.abs(value);
        return Float.intBitsToFloat(nearestIsAbove ? bits - 1 : bits + 1);
    }
}
