/**
 * What decides the result of a training run, one record for each theme, together
 * {@link dev.fathom.training.options.TrainOptions}. They are saved with a run's state, and a run goes on under the same
 * alone.
 */
package dev.fathom.training.options;
