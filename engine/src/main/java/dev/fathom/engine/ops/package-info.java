/**
 * The operations, one record a file. Each holds everything that is known about it: shape and dtype rules with their
 * error texts, the float64 reference loops that are its specification, and its gradient in terms of other operations.
 * Backends hold only kernels. Start with {@link dev.fathom.engine.ops.Op}, then read {@code Linear} or {@code
 * LayerNorm}.
 */
package dev.fathom.engine.ops;
