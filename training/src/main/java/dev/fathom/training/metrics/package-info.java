/**
 * How good a depth map is: the measures of {@link dev.fathom.training.metrics.DepthMetric}, their mean over images or
 * pixels, and the best constant prediction to compare with; {@link dev.fathom.training.metrics.MapMeasure} for what only a
 * whole map tells.
 */
package dev.fathom.training.metrics;
