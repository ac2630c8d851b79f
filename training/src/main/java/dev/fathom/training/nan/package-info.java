/**
 * What happens when a loss or a gradient is not finite. {@link dev.fathom.training.nan.NanDetective} runs the step again
 * and looks at every operation, {@link dev.fathom.training.nan.Finding} says in words what it found, and {@link
 * dev.fathom.training.nan.ReplayFile} keeps the step, so that it can be run again elsewhere.
 */
package dev.fathom.training.nan;
