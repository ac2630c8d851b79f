/** From a prediction and the truth to numbers, by a protocol: what counts, the fit to the truth, the measures. */
package dev.fathom.training.evaluation.scoring;
