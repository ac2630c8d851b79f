package dev.fathom.training.data;

import dev.fathom.engine.numeric.Philox;
import dev.fathom.models.camera.Intrinsics;
import dev.fathom.models.image.Picture;
import java.util.Optional;

/**
 * Varies a sample: flip, then colour jitter, then noise, on the 8-bit picture before it is resized.
 *
 * <p>What happens is a function of (seed, epoch, sample index, repeat) alone. Depth moves with the picture and keeps
 * its values.
 */
public final class Augmenter {

    private final Augmentation settings;
    private final long seed;

    /** Varies by these settings; the seed is the run's. */
    public Augmenter(Augmentation settings, long seed) {
        this.settings = settings;
        this.seed = seed;
    }

    /** The sample as it is seen in this epoch; its arrays are changed in place. */
    public DepthSample apply(DepthSample sample, int epoch, int index) {
        return apply(sample, epoch, index, 0);
    }

    /** The same where a sample is seen more than once in an epoch: {@code repeat} times before. */
    DepthSample apply(DepthSample sample, int epoch, int index, int repeat) {
        Picture picture = sample.picture();
        Optional<Intrinsics> camera = sample.camera();
        if (settings.flip() == FlipMode.PER_SAMPLE
                && RandomUse.FLIP.stream(seed, epoch, index, repeat).nextDouble() < settings.flipProbability()) {
            flip(picture.rgb(), picture.width(), picture.height(), 3);
            flip(sample.depth(), picture.width(), picture.height(), 1);
            camera = camera.map(c -> c.flipped(picture.width()));
        }
        Philox jitter = RandomUse.JITTER.stream(seed, epoch, index, repeat);
        if (jitter.nextDouble() < settings.jitterProbability()) {
            ColourJitter.draw(jitter, settings.jitterStrength()).apply(picture);
        }
        Philox noise = RandomUse.NOISE.stream(seed, epoch, index, repeat);
        if (noise.nextDouble() < settings.noiseProbability()) {
            GaussianNoise.add(picture.rgb(), Math.sqrt(noise.nextDouble(0, settings.noiseVarianceLimit())), noise);
        }
        return new DepthSample(sample.name(), picture, sample.depth(), sample.repaired(), camera);
    }

    /** Whether batch number {@code batch} of an epoch is flipped as a whole. */
    boolean flipsBatch(int epoch, int batch) {
        return settings.flip() == FlipMode.PER_BATCH
                && RandomUse.BATCH_FLIP.stream(seed, epoch, batch).nextDouble() < settings.flipProbability();
    }

    /** Mirrors [rows,width,channels] left to right, in place. */
    public static void flip(byte[] image, int width, int rows, int channels) {
        for (int y = 0; y < rows; y++) {
            int left = y * width * channels;
            int right = left + (width - 1) * channels;
            for (; left < right; left += channels, right -= channels) {
                for (int c = 0; c < channels; c++) {
                    byte kept = image[left + c];
                    image[left + c] = image[right + c];
                    image[right + c] = kept;
                }
            }
        }
    }

    /** Mirrors [rows,width,channels] left to right, in place. */
    public static void flip(float[] image, int width, int rows, int channels) {
        for (int y = 0; y < rows; y++) {
            int left = y * width * channels;
            int right = left + (width - 1) * channels;
            for (; left < right; left += channels, right -= channels) {
                for (int c = 0; c < channels; c++) {
                    float kept = image[left + c];
                    image[left + c] = image[right + c];
                    image[right + c] = kept;
                }
            }
        }
    }
}
