/**
 * Numbers without tensors: counter-based random numbers, half-precision formats, special functions.
 */
package dev.fathom.engine.numeric;
