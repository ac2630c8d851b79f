/** Synthetic rooms: depth against geometry, determinism, and what the data set promises. */
package dev.fathom.tests.synth;
