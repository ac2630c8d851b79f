/**
 * The cpu kernels: short static methods over memory segments and byte offsets.
 *
 * <p>House rules. Vectors live in local variables only, never in fields, arrays or behind interfaces; species and
 * lengths come from {@link dev.fathom.engine.cpu.Lanes} as constants; tails use masks or scalar loops that never touch a
 * byte outside the buffer. Work is split by shape alone, each element is written by one task, and sums have a fixed
 * order: so the bits do not depend on the number of threads.
 */
package dev.fathom.engine.cpu.kernels;
