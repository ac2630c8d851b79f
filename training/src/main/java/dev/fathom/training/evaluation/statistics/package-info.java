/**
 * How far a number can be trusted: confidence intervals of means over images, and whether one model is better than
 * another on the same images. All of it takes the images for a random sample, which the frames of one video are not.
 */
package dev.fathom.training.evaluation.statistics;
