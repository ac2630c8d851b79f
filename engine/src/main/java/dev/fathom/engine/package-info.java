/**
 * Fathom's tensor engine. Start with {@link dev.fathom.engine.Tensor}, then {@code ops.Op}, then {@code
 * autograd.Backward}. The module's README.md walks through one operation from call to gradient.
 */
package dev.fathom.engine;
