package dev.fathom.training.data.doctor;

import dev.fathom.models.image.Picture;

/**
 * How a picture is exposed.
 *
 * @param mean of the brightness, 0..255
 * @param contrast standard deviation of the brightness
 * @param dark share of the pixels below 8
 * @param bright share of the pixels above 250
 * @param median of the brightness
 */
public record PictureFacts(double mean, double contrast, double dark, double bright, int median) {
    private static final int DARK = 8;
    private static final int BRIGHT = 250;

    static PictureFacts of(Picture picture) {
        long[] counts = new long[256];
        byte[] rgb = picture.rgb();
        for (int i = 0; i < rgb.length; i += 3) {
            counts[Grid.luma(rgb, i) >> 8]++;
        }
        double n = picture.pixels();
        double sum = 0;
        double squares = 0;
        long dark = 0;
        long bright = 0;
        long seen = 0;
        int median = -1;
        for (int v = 0; v < 256; v++) {
            sum += (double) v * counts[v];
            squares += (double) v * v * counts[v];
            dark += v < DARK ? counts[v] : 0;
            bright += v > BRIGHT ? counts[v] : 0;
            seen += counts[v];
            median = median < 0 && 2 * seen >= n ? v : median;
        }
        double mean = sum / n;
        return new PictureFacts(mean, Math.sqrt(Math.max(0, squares / n - mean * mean)), dark / n, bright / n, median);
    }
}
