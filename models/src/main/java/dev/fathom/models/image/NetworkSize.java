package dev.fathom.models.image;

import dev.fathom.engine.errors.FathomException;
import java.util.Locale;

/**
 * The size at which the network sees a picture: aspect ratio (nearly) kept, both sides multiples of the patch size.
 *
 * <p>The rule is that of the original {@code Resize} transform: one scale for both sides, then each side rounded to the
 * nearest multiple of 14, halves to the EVEN multiple (NumPy's rounding), then moved inside the bound if it fell out.
 * For example 640 x 480 at 518 becomes 686 x 518; 1242 x 375 becomes 1722 x 518.
 *
 * @param width  pixels, a multiple of 14
 * @param height pixels, a multiple of 14
 */
public record NetworkSize(int width, int height) {

    /** Side of one ViT patch, pixels. */
    public static final int PATCH = 14;
    /** What the models were trained with: 37 patches. */
    public static final int DEFAULT_INPUT_SIZE = 518;

    /** How the one scale is chosen. */
    public enum Method {
        /** Both sides at least the input size: what Depth Anything uses. The short side is (nearly) the input size. */
        LOWER_BOUND,
        /** Both sides at most the input size. */
        UPPER_BOUND,
        /** Of the two sides' scales, the one nearer to 1. */
        MINIMAL
    }

    /**
     * The official rule, {@link Method#LOWER_BOUND}.
     *
     * @param width     the picture's, pixels
     * @param height    the picture's, pixels
     * @param inputSize lower bound of the short side, pixels; at least 1
     */
    public static NetworkSize of(int width, int height, int inputSize) {
        return of(width, height, inputSize, Method.LOWER_BOUND);
    }

    /**
     * The size for a picture by any of the three methods.
     *
     * @throws FathomException if a side would become 0 (a thin picture under {@code UPPER_BOUND} or {@code MINIMAL}) or
     *                         does not fit an int
     */
    public static NetworkSize of(int width, int height, int inputSize, Method method) {
        if (width < 1 || height < 1 || inputSize < 1) {
            throw new IllegalArgumentException("sizes must be at least 1: " + width + " x " + height + " at "
                    + inputSize);
        }
        double scaleWidth = (double) inputSize / width;
        double scaleHeight = (double) inputSize / height;
        double scale = switch (method) {
            case LOWER_BOUND -> Math.max(scaleWidth, scaleHeight);
            case UPPER_BOUND -> Math.min(scaleWidth, scaleHeight);
            case MINIMAL -> Math.abs(1 - scaleWidth) < Math.abs(1 - scaleHeight) ? scaleWidth : scaleHeight;
        };
        double networkWidth = side(scale * width, inputSize, method);
        double networkHeight = side(scale * height, inputSize, method);
        if (networkWidth < PATCH || networkHeight < PATCH) {
            throw new FathomException("A picture of " + width + " x " + height + " pixels is too thin for input size "
                    + inputSize + " with the method " + method.name().toLowerCase(Locale.ROOT)
                    + ": one side would vanish; use lower_bound or crop it.");
        }
        if (Math.max(networkWidth, networkHeight) > Integer.MAX_VALUE) {
            throw new FathomException("A picture of " + width + " x " + height + " pixels is too thin: at input size "
                    + inputSize + " it would become " + (long) networkWidth + " x " + (long) networkHeight
                    + " pixels; crop it or choose a smaller input size.");
        }
        return new NetworkSize((int) networkWidth, (int) networkHeight);
    }

    private static double side(double scaled, int bound, Method method) {
        double patches = scaled / PATCH;
        double nearest = Math.rint(patches) * PATCH;
        if (method == Method.LOWER_BOUND && nearest < bound) {
            return Math.ceil(patches) * PATCH;
        }
        if (method == Method.UPPER_BOUND && nearest > bound) {
            return Math.floor(patches) * PATCH;
        }
        return nearest;
    }

    /** Number of patches, which is the number of tokens less the class token: what memory and time depend on. */
    public long patches() {
        return (long) (width / PATCH) * (height / PATCH);
    }

    @Override
    public String toString() {
        return width + " x " + height;
    }
}
