/**
 * Depth maps as files: {@code .npy}, {@code .pfm}, 16-bit PNG with exact values, and coloured PNG. Every one of them
 * says what its numbers are: unit, polarity, model and preprocessing stand in the PNG's text chunks, or in a
 * {@code .json} beside the {@code .npy} or {@code .pfm} ({@link dev.fathom.tools.output.Provenance}).
 *
 * <p>All files appear in one step ({@link dev.fathom.nn.checkpoint.AtomicFile}): an interrupted run leaves either the
 * old file or the new one, never half of one.
 */
package dev.fathom.tools.output;
