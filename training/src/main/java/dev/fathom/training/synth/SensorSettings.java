package dev.fathom.training.synth;

/**
 * How the camera turns light into numbers.
 *
 * @param exposure     brightness of the picture relative to the automatic exposure, 1 = as metered
 * @param balance      gain of each channel, around 1: what is left of the lamps' tint
 * @param shotNoise    standard deviation of the noise at full brightness, in units of full brightness
 * @param readNoise    standard deviation of the noise in the dark
 * @param vignette     loss of light in the corners, 0..1
 * @param noiseSeed    seed of the noise
 */
public record SensorSettings(double exposure, Rgb balance, double shotNoise, double readNoise, double vignette,
                      int noiseSeed) {
}
