/**
 * Numbers without tensors: random numbers against published vectors.
 */
package dev.fathom.tests.numeric;
