package dev.fathom.training.synth;

/**
 * A picture and its depth.
 *
 * @param width  pixels across
 * @param height pixels down
 * @param rgb    8-bit sRGB, interleaved, [height, width, 3]
 * @param depth  planar depth (along the optical axis) in metres, [height, width]; 0 where the sensor saw nothing
 */
public record Frame(int width, int height, byte[] rgb, float[] depth) {
}
