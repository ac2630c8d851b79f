package dev.fathom.training.evaluation;

/**
 * The protocol: bilinear (align corners) to the ground truth's size, no clamping, no crop, no alignment, no flip averaging, as in Depth Anything V2's
 * trainer.
 *
 * @param inputSize the shorter side for the network, pixels
 * @param minDepth metres: nearer true depths do not count
 * @param maxDepth metres: farther true depths do not count
 * @param threads loader threads; changes speed, never results
 */
public record EvaluationOptions(int inputSize, float minDepth, float maxDepth, int threads) {
}
