package dev.fathom.training.data;

/**
 * One picture for validation: the network's input at the picture's own aspect ratio, the depth as it was stored.
 *
 * @param sample the picture and its depth [H,W] at the original resolution, metres, 0 where there is none
 * @param index  its number in the data set
 * @param width  w, pixels of the network's input, a multiple of 14
 * @param height h, pixels of the network's input, a multiple of 14
 * @param image  [h,w,3], normalised, channels last; of size 0 where no network is asked
 */
public record ValidationSample(DepthSample sample, int index, int width, int height, float[] image) {
}
