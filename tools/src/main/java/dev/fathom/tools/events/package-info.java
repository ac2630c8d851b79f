/**
 * TensorBoard's event files (tensorflow.org/tensorboard; the format: {@code tensorboard/compat/proto/event.proto} and
 * {@code summary.proto}): what its web page shows of a run while it goes. {@link
 * dev.fathom.tools.events.TensorBoardLog} listens to a run, {@code EventFile} frames what it says in records, {@code
 * GradientHistogram} counts gradients.
 */
package dev.fathom.tools.events;
