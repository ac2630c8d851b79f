package dev.fathom.training.synth;

/**
 * Repeating bands averaged over a pixel, in closed form. A texture that asks "is this point in a joint?" crawls with
 * moire in the distance; one that asks "what share of this pixel is joint?" does not. The share is a difference of two
 * values of the integral of the band function (box filter; as in Apodaca and Gritz, "Advanced RenderMan", ch. 11).
 */
final class Bands {

    private Bands() {
    }

    /**
     * Share, 0..1, of the interval of length {@code footprint} around {@code x} that lies in bands of the given width,
     * one band starting at every multiple of {@code period}.
     */
    static double share(double x, double period, double width, double footprint) {
        double f = Math.max(footprint, 1e-6);
        return (integral(x + f / 2, period, width) - integral(x - f / 2, period, width)) / f;
    }

    /** Like {@link #share}, for bands centred on the multiples of the period: joints. */
    static double joint(double x, double period, double width, double footprint) {
        return share(x + width / 2, period, width, footprint);
    }

    /** Share of the interval around {@code x} that lies between {@code from} and {@code to}: one band alone. */
    static double between(double x, double from, double to, double footprint) {
        double f = Math.max(footprint, 1e-6);
        double low = Math.max(from, x - f / 2);
        double high = Math.min(to, x + f / 2);
        return Math.max(0, high - low) / f;
    }

    private static double integral(double x, double period, double width) {
        double n = Math.floor(x / period);
        return n * width + Math.min(x - n * period, width);
    }
}
