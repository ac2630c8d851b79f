/** Measures a model on a data set at the original resolution, image by image. */
package dev.fathom.training.evaluation;
