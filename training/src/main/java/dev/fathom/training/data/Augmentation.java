package dev.fathom.training.data;

/**
 * What is varied at random in training, each part with its own switch: a probability of 0 turns it off.
 *
 * @param flip               who decides the horizontal flip
 * @param flipProbability    0..1
 * @param jitterProbability  0..1, for each sample
 * @param jitterStrength     how far brightness, contrast and saturation factors stray from 1, and the hue from 0 (in
 *                           turns of the colour circle); 0..0.5
 * @param noiseProbability   0..1, for each sample
 * @param noiseVarianceLimit the noise's variance is uniform in 0 .. this, on a scale of 0..255; at least 0
 */
public record Augmentation(FlipMode flip, double flipProbability, double jitterProbability, double jitterStrength,
        double noiseProbability, double noiseVarianceLimit) {

    /** Checks the ranges. */
    public Augmentation {
        checkRange("flipProbability", flipProbability, 1);
        checkRange("jitterProbability", jitterProbability, 1);
        checkRange("jitterStrength", jitterStrength, 0.5);
        checkRange("noiseProbability", noiseProbability, 1);
        checkRange("noiseVarianceLimit", noiseVarianceLimit, 255 * 255);
    }

    private static void checkRange(String name, double value, double most) {
        if (!(value >= 0 && value <= most)) {
            throw new IllegalArgumentException(name + " must be in 0 .. " + most + ", not " + value);
        }
    }

    /** Nothing is varied (the crop's position still is: that belongs to the loader). */
    public static Augmentation none() {
        return new Augmentation(FlipMode.NONE, 0, 0, 0, 0, 0);
    }

    /** Depth Anything V2's own trainer: half of the batches are flipped, colours are left alone. */
    public static Augmentation authors() {
        return new Augmentation(FlipMode.PER_BATCH, 0.5, 0, 0, 0, 0);
    }

    /**
     * The fine-tuning article: flip, colour jitter of 0.1 each and Gaussian noise of variance up to 25, each with the
     * augmentation library's default probability of one half.
     */
    public static Augmentation article() {
        return new Augmentation(FlipMode.PER_SAMPLE, 0.5, 0.5, 0.1, 0.5, 25);
    }

    /** The same with another flip. */
    public Augmentation withFlip(FlipMode mode, double probability) {
        return new Augmentation(mode, probability, jitterProbability, jitterStrength, noiseProbability,
                noiseVarianceLimit);
    }

    /** The same with another colour jitter. */
    public Augmentation withJitter(double probability, double strength) {
        return new Augmentation(flip, flipProbability, probability, strength, noiseProbability, noiseVarianceLimit);
    }

    /** The same with other noise. */
    public Augmentation withNoise(double probability, double varianceLimit) {
        return new Augmentation(flip, flipProbability, jitterProbability, jitterStrength, probability, varianceLimit);
    }
}
