/** Clips and big photos: one range for many frames, frames and tiles brought to one scale. */
package dev.fathom.tests.clips;
