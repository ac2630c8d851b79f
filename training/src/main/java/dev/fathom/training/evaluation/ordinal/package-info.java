/** Which of two points is nearer: accuracy on pictures whose depth nobody measured, DA-2K. */
package dev.fathom.training.evaluation.ordinal;
