/**
 * Training and evaluation of depth models. Start with {@code trainer.Trainer} and follow one step from the loader to
 * the optimiser.
 */
package dev.fathom.training;
