/**
 * Optimisation: what turns gradients into new weights.
 *
 * <p>{@link dev.fathom.training.optim.AdamW} updates groups of parameters, each with its own factor on the learning
 * rate; {@link dev.fathom.training.optim.LrSchedule} says the rate of each step; {@link
 * dev.fathom.training.optim.GradClip} bounds the gradient's norm before it is used; {@link
 * dev.fathom.training.optim.GradScaler} keeps float16's gradients in range. All arithmetic on tensors is
 * operations of the engine, so it runs on every backend.
 */
package dev.fathom.training.optim;
