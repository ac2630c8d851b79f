package dev.fathom.training.data;

import dev.fathom.engine.numeric.Philox;
import dev.fathom.models.image.Picture;

/**
 * Small random changes of brightness, contrast, saturation and hue, in a random order.
 *
 * <p>The formulas are those of torchvision's and Albumentations' ColorJitter on 8-bit pictures. Each step rounds back
 * to 8 bits before the next:
 * <ul>
 * <li>brightness: v * f, truncated;
 * <li>contrast: v * f + mean * (1 - f), truncated, with the mean of the picture's luma;
 * <li>saturation: v * f + luma * (1 - f), rounded;
 * <li>hue: the hue turns by h of a full circle (HSV, in float: finer than OpenCV's steps of two degrees), rounded.
 * </ul>
 * All results are clamped to 0..255. Luma is OpenCV's: (9798 R + 19235 G + 3735 B + 2^14) >> 15.
 *
 * @param brightness factor, 1 leaves the picture alone; {@code contrast} and {@code saturation} alike
 * @param hue        turns of the colour circle, 0 leaves the picture alone
 * @param order      the order of the four steps, a permutation of 0..3 in the order of the list above
 */
public record ColourJitter(double brightness, double contrast, double saturation, double hue, int[] order) {

    /** Draws the factors: uniform in 1 +- strength, the hue in +- strength; then the order. */
    static ColourJitter draw(Philox random, double strength) {
        return new ColourJitter(random.nextDouble(1 - strength, 1 + strength),
                random.nextDouble(1 - strength, 1 + strength), random.nextDouble(1 - strength, 1 + strength),
                random.nextDouble(-strength, strength), random.permutation(4));
    }

    /** Changes the picture in place. */
    public void apply(Picture picture) {
        byte[] rgb = picture.rgb();
        for (int step : order) {
            switch (step) {
                case 0 -> scaleAround(rgb, brightness, 0);
                case 1 -> scaleAround(rgb, contrast, meanLuma(rgb));
                case 2 -> saturate(rgb);
                case 3 -> turnHue(rgb);
                default -> throw new IllegalArgumentException("no step " + step);
            }
        }
    }

    private static void scaleAround(byte[] rgb, double factor, double centre) {
        byte[] table = new byte[256];
        for (int v = 0; v < 256; v++) {
            table[v] = (byte) Math.clamp((long) (v * factor + centre * (1 - factor)), 0, 255);
        }
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = table[rgb[i] & 0xFF];
        }
    }

    private static int luma(byte[] rgb, int at) {
        return (9798 * (rgb[at] & 0xFF) + 19235 * (rgb[at + 1] & 0xFF) + 3735 * (rgb[at + 2] & 0xFF) + (1 << 14)) >> 15;
    }

    private static double meanLuma(byte[] rgb) {
        long sum = 0;
        for (int i = 0; i < rgb.length; i += 3) {
            sum += luma(rgb, i);
        }
        return sum / (rgb.length / 3.0);
    }

    private void saturate(byte[] rgb) {
        float own = (float) saturation;
        float gray = (float) (1 - saturation);
        for (int i = 0; i < rgb.length; i += 3) {
            float luma = gray * luma(rgb, i);
            for (int c = i; c < i + 3; c++) {
                rgb[c] = rounded(own * (rgb[c] & 0xFF) + luma);
            }
        }
    }

    private void turnHue(byte[] rgb) {
        float turn = (float) (6 * (hue - Math.floor(hue)));             // in sixths of the circle, 0..6
        for (int i = 0; i < rgb.length; i += 3) {
            int r = rgb[i] & 0xFF;
            int g = rgb[i + 1] & 0xFF;
            int b = rgb[i + 2] & 0xFF;
            int max = Math.max(r, Math.max(g, b));
            int chroma = max - Math.min(r, Math.min(g, b));
            if (chroma == 0) {
                continue;                                               // gray has no hue
            }
            float sixth;
            if (max == r) {
                sixth = (float) (g - b) / chroma;
            } else if (max == g) {
                sixth = 2 + (float) (b - r) / chroma;
            } else {
                sixth = 4 + (float) (r - g) / chroma;
            }
            float turned = sixth + turn;
            rgb[i] = rounded(max - chroma * away(turned + 5));
            rgb[i + 1] = rounded(max - chroma * away(turned + 3));
            rgb[i + 2] = rounded(max - chroma * away(turned + 1));
        }
    }

    /** HSV to RGB without cases (Smith 1978): a channel is V - C * clamp(min(k, 4 - k), 0, 1), k in sixths modulo 6. */
    private static float away(float k) {
        float wrapped = k % 6;
        if (wrapped < 0) {
            wrapped += 6;
        }
        return Math.clamp(Math.min(wrapped, 4 - wrapped), 0f, 1f);
    }

    private static byte rounded(float value) {
        return (byte) Math.clamp((int) (value + 0.5f), 0, 255);
    }
}
