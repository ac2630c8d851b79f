/**
 * One step: {@link dev.fathom.training.step.TrainStep} takes a batch's gradients from a
 * {@link dev.fathom.training.step.GradientPass} (in one piece, in parts, among several devices), looks whether they are
 * finite, and hands them to a {@link dev.fathom.training.step.WeightUpdate}.
 */
package dev.fathom.training.step;
