/**
 * Pictures: reading them as OpenCV does, resizing them for the network as the original code does (to the bit),
 * normalising them, and colouring depth maps with the palettes that everyone knows.
 *
 * <p>Plain arrays only; no tensors. Everything is row-major; colours are interleaved, red first.
 */
package dev.fathom.models.image;
