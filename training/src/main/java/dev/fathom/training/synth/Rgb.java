package dev.fathom.training.synth;

/**
 * A colour in linear light, each component a reflectance from 0 to 1 (or a radiance, for lamps). Linear, because light
 * adds up in linear light; the sRGB curve is applied once, at the end, by {@link Sensor}.
 */
public record Rgb(double r, double g, double b) {

    /** The linear colour of a web colour such as {@code 0xC8A27A}. */
    public static Rgb hex(int srgb) {
        return new Rgb(linear(srgb >> 16 & 255), linear(srgb >> 8 & 255), linear(srgb & 255));
    }

    public Rgb times(double s) {
        return new Rgb(r * s, g * s, b * s);
    }

    public Rgb mix(Rgb other, double share) {
        return new Rgb(r + (other.r - r) * share, g + (other.g - g) * share, b + (other.b - b) * share);
    }

    /** Mean of the components: a rough brightness. */
    public double mean() {
        return (r + g + b) / 3;
    }

    /** The sRGB decoding curve (IEC 61966-2-1), from 0..255 to 0..1. */
    private static double linear(int value) {
        double v = value / 255.0;
        return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    }
}
