package dev.fathom.training.evaluation.scoring;

/**
 * What aligned a prediction: aligned = scale * prediction + shift.
 *
 * @param scale factor
 * @param shift 0 where none is fitted; metres or 1/m, as the quantity that was fitted
 * @param pixels how many it was fitted to
 */
public record Fit(double scale, double shift, int pixels) {
}
