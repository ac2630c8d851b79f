package dev.fathom.engine.cuda.kernels;

/**
 * What {@code fast_divide} of fathom.cuh divides by: a multiplication and a shift instead of a division, which a GPU
 * has no instruction for.
 */
public final class FastDivision {
    private FastDivision() {
    }

    /**
     * The number that makes {@code fast_divide(n, by(d))} n / d for all n below 2<sup>31</sup>: with s = ceil(log2 d)
     * and m = ceil(2<sup>31 + s</sup> / d), m in the lower half and 31 + s in the upper. m is too large by less than 1,
     * so n m / 2<sup>31 + s</sup> by less than 2<sup>-s</sup>, which is at most 1 / d: too little to reach the next
     * integer.
     *
     * @param d at least 1
     */
    public static long by(int d) {
        int s = 32 - Integer.numberOfLeadingZeros(d - 1);
        long m = ((1L << 31 + s) + d - 1) / d;
        return m | (long) (31 + s) << 32;
    }
}
