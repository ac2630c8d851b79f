/**
 * What of a run survives: its folder ({@link dev.fathom.training.state.RunFolder}), how far it is
 * ({@link dev.fathom.training.state.Progress}), what it learns with ({@link dev.fathom.training.state.Learning}), and
 * the files that hold all of it ({@link dev.fathom.training.state.TrainState}).
 */
package dev.fathom.training.state;
