/**
 * Short experiments before a run, on the run's own model, data and options: does the network learn one batch by heart
 * ({@link dev.fathom.training.probe.OverfitOneBatch}), and which learning rate suits it ({@link
 * dev.fathom.training.probe.LrRangeTest}). They write no file.
 */
package dev.fathom.training.probe;
