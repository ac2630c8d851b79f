package dev.fathom.engine.cuda.kernels;

import dev.fathom.engine.DType;

/**
 * Who computes a product or a convolution: the project's own kernels, which do what follows (bias, GELU, layer scale,
 * residual) while the sums are in registers, or NVIDIA's library, which is faster at the sums and leaves the rest to a
 * pass over memory.
 *
 * <p><b>The rule</b>, by shape alone:
 * <ul>
 * <li>nothing follows: the library;
 * <li>something follows and the work is small (up to {@value #SMALL_MACS} multiply-adds): own kernels. Such launches
 * are bound by their own overhead, and inference of one picture has only such;
 * <li>something follows, halves: own kernels up to a depth of {@value #HALF_DEPTH}. For an element of the result a pass
 * more costs about 8 bytes, 1.9 ps at 4.3 TB/s; being slower at the sums costs 2 K (1/450 - 1/700) ps at 450 against
 * 700 TFLOP/s, as much at K = 1200. The two rates are estimates until a device has said otherwise;
 * <li>something follows, float32: own kernels up to a depth of {@value #FLOAT_DEPTH}, by the same reckoning at 40
 * against 50 TFLOP/s.
 * </ul>
 * What the library does not have is always the own kernels': convolutions that read their input through ReLU, add two
 * residuals, add a float32 bias to halves or leave a float32 result of halves; operands at addresses or with lines that
 * its fast paths do not take.
 */
public enum Route {
    /** As the rule says. */
    AUTO,
    /** The project's own kernels, always. */
    OWN,
    /** The project's own kernels with their large tiles, whatever the size. */
    OWN_LARGE,
    /** The library wherever it can compute what is asked. */
    LIBRARY;

    private static final long SMALL_MACS = 1L << 30;
    private static final int HALF_DEPTH = 1024;
    private static final int FLOAT_DEPTH = 256;

    private static volatile Route forced = AUTO;

    /** Overrules the rule until it is closed: for tests and measurements of both ways, in one process at a time. */
    public static Forced force(Route route) {
        Forced before = new Forced(forced);
        forced = route;
        return before;
    }

    /** Ends {@link #force}. */
    public record Forced(Route before) implements AutoCloseable {
        @Override
        public void close() {
            forced = before;
        }
    }

    /**
     * Whether the library computes it, if it can.
     *
     * @param followed whether something is done to the sums
     * @param macs multiply-adds
     * @param depth how many products an element adds up
     */
    static boolean library(DType type, boolean followed, long macs, long depth) {
        return switch (forced) {
            case OWN, OWN_LARGE -> false;
            case LIBRARY -> true;
            case AUTO -> !followed || macs > SMALL_MACS && depth > (type == DType.F32 ? FLOAT_DEPTH : HALF_DEPTH);
        };
    }

    /** Whether large tiles are used where there are hardly any. */
    static boolean largeTiles() {
        return forced == OWN_LARGE;
    }
}
