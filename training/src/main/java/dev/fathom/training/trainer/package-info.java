/**
 * The fine-tuning loop. {@link dev.fathom.training.options.TrainOptions} says what to do, {@link
 * dev.fathom.training.trainer.Trainer} does it, {@link dev.fathom.training.state.TrainState} is everything needed to
 * go on after an interruption.
 */
package dev.fathom.training.trainer;
