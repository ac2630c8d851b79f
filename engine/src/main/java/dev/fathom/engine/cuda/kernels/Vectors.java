package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.Tensor;

/** Whether tensors can be read and written in 16-byte accesses: what decides how many threads a launch needs. */
final class Vectors {
    private Vectors() {
    }

    /** Elements of {@code t} in 16 bytes. */
    static int lanes(Tensor t) {
        return 16 / t.dtype().bytes();
    }

    /** Whether all start at a multiple of 16 bytes; views may start at any element. */
    static boolean aligned(Tensor... tensors) {
        for (Tensor t : tensors) {
            if (t.address() % 16 != 0) {
                return false;
            }
        }
        return true;
    }

    /** The smallest power of two that is not below {@code n}, as its exponent, and at most {@code most}. */
    static int logAtLeast(int n, int most) {
        return Math.min(most, 32 - Integer.numberOfLeadingZeros(Math.max(1, n) - 1));
    }

    /** n / d, rounded up. */
    static long ceil(long n, long d) {
        return (n + d - 1) / d;
    }
}
