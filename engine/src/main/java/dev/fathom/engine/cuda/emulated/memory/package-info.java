/**
 * The memory of the emulated GPU: allocations at made-up 64-bit addresses, far apart, each with its name, its size and a
 * bit for every byte that was ever written, so that a wrong access can be named instead of crashing or passing.
 */
package dev.fathom.engine.cuda.emulated.memory;
