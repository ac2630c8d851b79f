package dev.fathom.training.loss;

import dev.fathom.engine.Tensor;

/**
 * What a prediction is judged by, over all valid pixels of a batch together. Nothing here says what a prediction is: metres
 * for the metric losses, disparity of unknown scale and shift for relative ones.
 *
 * <p>A batch that is in one piece takes {@link #of}: recorded operations, no word to the host, so a pass with it can be
 * captured as a CUDA graph. A batch that runs in parts (gradient accumulation, several workers) is judged in two walks over
 * its parts, because a root, a mean over valid pixels or a threshold at a fifth of the largest error belong to the whole
 * batch and to no part of it:
 *
 * <pre>{@code
 * LossStatistics whole = objective.nothing();
 * for (int round = 0; round < objective.rounds(); round++) {
 *     LossStatistics before = whole;
 *     whole = objective.nothing();
 *     for (Part p : parts) {                                          // in their order, of all workers
 *         whole = whole.merge(objective.statistics(p.pred(), p.target(), p.mask(), before));
 *     }
 * }
 * double loss = objective.value(whole);
 * for (Part p : parts) {
 *     Tensor cotangent = objective.gradient(p.pred(), p.target(), p.mask(), whole, scale);
 *     Backward.of(p.pred(), cotangent, null);
 * }
 * }</pre>
 *
 * <p>Gradients of the parts, laid one after another, are the gradient of the whole batch up to the order in which float64
 * sums were added (relative 2^-53 a pixel) and one rounding to float32. With one part they have the bits of {@link #of}'s.
 *
 * <p>Arguments everywhere: pred, target and mask (bool, true where the target is valid), all of one shape [N,H,W]; pred in
 * any floating-point dtype, target in float32. Values outside the mask are not looked at, and no prediction of a
 * size below 1e37 leads to a value or a gradient that is not finite, and no finite one to NaN: each loss says what a perfect
 * prediction and an empty mask give.
 */
public interface Objective {
    /** What logs and reports call it, for example {@code silog(lambda=0.5)}. */
    String name();

    /** The loss of a whole batch, [] in float32, recorded for backward. */
    Tensor of(Tensor pred, Tensor target, Tensor mask);

    /**
     * How often {@link #statistics} walks over the parts: 1, but for losses whose sums need something of the whole batch
     * that must be found first.
     */
    default int rounds() {
        return 1;
    }

    /** The statistics of no pixels: what a walk begins with, and what the first round gets as {@code before}. */
    LossStatistics nothing();

    /**
     * The statistics of one part. Waits for the device; records nothing for backward.
     *
     * @param before {@link #nothing()} in the first round, then the merged statistics of the round before
     */
    LossStatistics statistics(Tensor pred, Tensor target, Tensor mask, LossStatistics before);

    /**
     * Whether {@link #gradient} reads nothing of the whole batch that predictions decide, only how many pixels count. Then
     * {@link #beforehand} says it, and a part can have its gradient before the others were predicted.
     */
    default boolean isKnownBeforehand() {
        return false;
    }

    /**
     * Of one part, statistics that merge into what {@link #gradient} needs. Their {@link #value} means nothing.
     *
     * @throws UnsupportedOperationException unless {@link #isKnownBeforehand()}
     */
    default LossStatistics beforehand(Tensor target, Tensor mask) {
        throw new UnsupportedOperationException(name() + " has to see predictions");
    }

    /** The loss of the whole batch from the merged statistics of the last round. */
    double value(LossStatistics whole);

    /**
     * The gradient of scale times the whole batch's loss by this part's prediction.
     *
     * @param whole merged statistics of the last round
     * @param scale what the loss is multiplied by: a loss scale, or 1
     * @return of pred's shape and dtype, recorded nowhere
     */
    Tensor gradient(Tensor pred, Tensor target, Tensor mask, LossStatistics whole, double scale);
}
