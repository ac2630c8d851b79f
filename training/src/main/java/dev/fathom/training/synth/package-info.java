/**
 * Synthetic indoor scenes with exact metric depth: what quickstart trains on, and a data set that needs no download.
 *
 * <p>Read in this order: {@link dev.fathom.training.synth.SceneSampler} invents a furnished room from (seed, index);
 * {@link dev.fathom.training.synth.Scene} is that room; {@link dev.fathom.training.synth.RayCaster} takes the picture
 * and measures the depth. {@link dev.fathom.training.synth.SynthDataset} writes many of them in NYU's layout.
 *
 * <p>World coordinates are metres: x and y along the floor, z up, the room's corner at the origin.
 */
package dev.fathom.training.synth;
