package dev.fathom.training.synth;

/**
 * Makes 8-bit sRGB of light: automatic exposure, white balance, vignetting, noise, a soft shoulder for the highlights
 * and the sRGB curve, in this order.
 */
final class Sensor {
    /** Linear brightness that the metered mean is brought to. */
    private static final double KEY = 0.26;

    private final SensorSettings settings;
    private final int width;
    private final int height;
    private final double gain;

    /** A sensor whose exposure is metered on {@code radiance}, [height, width, 3] in linear light. */
    Sensor(SensorSettings settings, int width, int height, float[] radiance) {
        this.settings = settings;
        this.width = width;
        this.height = height;
        this.gain = settings.exposure() * KEY / metered(radiance);
    }

    /** The radiance that comes out as white, nearly. */
    double white() {
        return 1.5 / gain;
    }

    /**
     * Develops linear radiance [height, width, 3] into bytes of the same layout.
     */
    byte[] expose(float[] radiance) {
        double[] balance = {settings.balance().r(), settings.balance().g(), settings.balance().b()};
        byte[] rgb = new byte[radiance.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double dx = (x + 0.5) / width - 0.5;
                double dy = ((y + 0.5) - height / 2.0) / width;
                double fall = 1 - settings.vignette() * (dx * dx + dy * dy) / 0.390625;
                for (int c = 0; c < 3; c++) {
                    int i = 3 * (y * width + x) + c;
                    double light = radiance[i] * gain * balance[c] * fall;
                    light += noise(x, y, c) * Math.sqrt(square(settings.shotNoise()) * Math.min(light, 1)
                        + square(settings.readNoise()));
                    rgb[i] = (byte) Math.clamp(Math.round(255 * curve(Math.max(light, 0))), 0L, 255L);
                }
            }
        }
        return rgb;
    }

    /** Geometric mean of the brightness: unlike the plain mean it does not follow a small bright window. */
    static double metered(float[] radiance) {
        double sum = 0;
        int n = radiance.length / 3;
        for (int p = 0; p < n; p++) {
            double mean = (radiance[3 * p] + radiance[3 * p + 1] + radiance[3 * p + 2]) / 3;
            sum += Math.log(mean + 1e-6);
        }
        return Math.exp(sum / n);
    }

    /** Linear up to 0.55, then an exponential shoulder towards 1, then the sRGB encoding curve (IEC 61966-2-1). */
    private static double curve(double light) {
        double knee = 0.55;
        double v = light <= knee ? light : 1 - (1 - knee) * Math.exp(-(light - knee) / (1 - knee));
        return v <= 0.0031308 ? 12.92 * v : 1.055 * Math.pow(v, 1 / 2.4) - 0.055;
    }

    /** A standard normal number, to good approximation: the sum of four uniform ones, scaled to variance 1. */
    private double noise(int x, int y, int channel) {
        int seed = settings.noiseSeed() + 31 * channel;
        int a = Noise.hash(x, y, seed);
        int b = Noise.hash(y, x, seed + 17);
        double sum = (a & 0xFFFF) + (a >>> 16) + (b & 0xFFFF) + (b >>> 16);
        return (sum / 65536 - 2) * Math.sqrt(3);
    }

    private static double square(double v) {
        return v * v;
    }
}
