/**
 * Vector kernels by family, each a handful of short static methods over memory segments, with a {@code register} that
 * ties them to their operations. Work is split by shape alone, never by thread count, and every sum has a fixed order:
 * the same bits on any machine of one vector width.
 */
package dev.fathom.engine.cpu.kernels;
