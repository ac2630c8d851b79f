package dev.fathom.training.synth;

import dev.fathom.models.image.Picture;

/**
 * A picture and its depth.
 *
 * @param picture 8-bit sRGB
 * @param depth   [H,W], planar depth (along the optical axis) in metres; 0 where the sensor saw nothing
 */
public record Frame(Picture picture, float[] depth) {
}
