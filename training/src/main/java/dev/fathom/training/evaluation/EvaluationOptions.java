package dev.fathom.training.evaluation;

import dev.fathom.engine.Precision;
import dev.fathom.engine.errors.FathomException;
import dev.fathom.models.image.NetworkSize;
import dev.fathom.training.data.SkipBad;

/**
 * The protocol: bilinear (align corners) to the ground truth's size, no clamping, no crop, no alignment, no flip
 * averaging, as in Depth Anything V2's trainer.
 *
 * @param inputSize the shorter side for the network, pixels
 * @param minDepth metres: nearer true depths do not count
 * @param maxDepth metres: farther true depths do not count
 * @param threads loader threads; changes speed, never results
 * @param precision what the model's products are computed in
 * @param skipBad what happens to frames that cannot be read
 */
public record EvaluationOptions(int inputSize, float minDepth, float maxDepth, int threads, Precision precision,
        SkipBad skipBad) {
    /** An evaluation that the first frame ends that cannot be read. */
    public EvaluationOptions(int inputSize, float minDepth, float maxDepth, int threads, Precision precision) {
        this(inputSize, minDepth, maxDepth, threads, precision, SkipBad.STOP);
    }

    /** @throws FathomException if a value makes no sense; the sentence names the command line's option */
    public EvaluationOptions {
        require(inputSize >= NetworkSize.PATCH, "--input-size", inputSize, "at least 14, one patch of the network");
        require(minDepth >= 0 && minDepth < Float.POSITIVE_INFINITY, "--min-depth", minDepth, "0 or more metres");
        require(maxDepth > minDepth, "--eval-max-depth", maxDepth, "more metres than --min-depth, which is "
                + minDepth);
        require(threads >= 1, "--workers", threads, "at least 1");
    }

    private static void require(boolean ok, String name, Object value, String expected) {
        if (!ok) {
            throw new FathomException(name + " is " + value + ", but must be " + expected + ".");
        }
    }
}
