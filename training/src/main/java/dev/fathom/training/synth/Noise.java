package dev.fathom.training.synth;

/**
 * Noise that is a function of position: hashed lattices for textures, and hashed pixels for sampling patterns and the
 * sensor. Nothing here has state, so any thread may evaluate any pixel.
 */
final class Noise {

    private Noise() {
    }

    /** A well-mixed 32-bit hash of two integers and a seed (the finaliser of MurmurHash3 over a linear combination). */
    static int hash(int x, int y, int seed) {
        int h = x * 0x27D4EB2D + y * 0x165667B1 + seed * 0x9E3779B1;
        h = (h ^ h >>> 16) * 0x85EBCA6B;
        h = (h ^ h >>> 13) * 0xC2B2AE35;
        return h ^ h >>> 16;
    }

    /** {@link #hash} as a number in [0, 1). */
    static double unit(int x, int y, int seed) {
        return (hash(x, y, seed) >>> 8) * 0x1.0p-24;
    }

    /** Value noise in [-1, 1]: random values on the integer lattice, joined by smoothstep. */
    static double value(double x, double y, int seed) {
        double fx = Math.floor(x);
        double fy = Math.floor(y);
        int ix = (int) fx;
        int iy = (int) fy;
        double u = smooth(x - fx);
        double v = smooth(y - fy);
        double low = lerp(unit(ix, iy, seed), unit(ix + 1, iy, seed), u);
        double high = lerp(unit(ix, iy + 1, seed), unit(ix + 1, iy + 1, seed), u);
        return 2 * lerp(low, high, v) - 1;
    }

    /**
     * Several octaves of {@link #value}, roughly in [-1, 1]. An octave fades out as its wavelength nears the pixel's
     * footprint, so that distant surfaces turn smooth instead of flickering.
     *
     * @param footprint size of a pixel in the units of x and y
     */
    static double fractal(double x, double y, double footprint, int octaves, int seed) {
        double sum = 0;
        double amplitude = 0.5;
        double frequency = 1;
        for (int i = 0; i < octaves; i++) {
            double fade = 1 - smooth(clamp01(2 * footprint * frequency - 0.5));
            if (fade <= 0) {
                break;
            }
            sum += fade * amplitude * value(x * frequency, y * frequency, seed + i);
            amplitude *= 0.5;
            frequency *= 2.03;
        }
        return sum;
    }

    static double smooth(double t) {
        return t * t * (3 - 2 * t);
    }

    static double clamp01(double t) {
        return Math.clamp(t, 0.0, 1.0);
    }

    static double lerp(double a, double b, double t) {
        return a + (b - a) * t;
    }
}
