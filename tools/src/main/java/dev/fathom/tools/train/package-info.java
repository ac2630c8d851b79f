/**
 * {@code fathom train}: {@link dev.fathom.tools.train.TrainCommand} and its options, one class for each theme, each
 * making its part of {@link dev.fathom.training.options.TrainOptions}.
 */
package dev.fathom.tools.train;
