/**
 * The part of the emulated GPU that runs: warps of 32 lanes, thread blocks with their shared memory and barriers, the steps
 * that a whole warp executes at once (memory, shuffles, matrix products), and every check of what kernels do.
 */
package dev.fathom.engine.cuda.emulated.ptx.run;
